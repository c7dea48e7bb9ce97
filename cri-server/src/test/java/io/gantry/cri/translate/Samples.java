package io.gantry.cri.translate;

import com.google.protobuf.ByteString;
import io.gantry.cri.v1.CDIDevice;
import io.gantry.cri.v1.Capability;
import io.gantry.cri.v1.ContainerConfig;
import io.gantry.cri.v1.ContainerMetadata;
import io.gantry.cri.v1.CreateContainerRequest;
import io.gantry.cri.v1.DNSConfig;
import io.gantry.cri.v1.Device;
import io.gantry.cri.v1.HugepageLimit;
import io.gantry.cri.v1.IDMapping;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.Int64Value;
import io.gantry.cri.v1.KeyValue;
import io.gantry.cri.v1.LinuxContainerConfig;
import io.gantry.cri.v1.LinuxContainerResources;
import io.gantry.cri.v1.LinuxContainerSecurityContext;
import io.gantry.cri.v1.LinuxPodSandboxConfig;
import io.gantry.cri.v1.LinuxSandboxSecurityContext;
import io.gantry.cri.v1.Mount;
import io.gantry.cri.v1.MountPropagation;
import io.gantry.cri.v1.NamespaceMode;
import io.gantry.cri.v1.NamespaceOption;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.cri.v1.PortMapping;
import io.gantry.cri.v1.Protocol;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.SELinuxOption;
import io.gantry.cri.v1.SecurityProfile;
import io.gantry.cri.v1.Signal;
import io.gantry.cri.v1.SupplementalGroupsPolicy;
import io.gantry.cri.v1.UserNamespace;

/** Requests in which every field is set that can be. */
final class Samples {
    private Samples() {}

    static final IDMapping MAPPING = IDMapping.newBuilder()
            .setHostId(0x8000_0000)
            .setContainerId(0)
            .setLength(65536)
            .build();

    static final LinuxContainerResources RESOURCES = LinuxContainerResources.newBuilder()
            .setCpuPeriod(100_000)
            .setCpuQuota(50_000)
            .setCpuShares(512)
            .setMemoryLimitInBytes(64 << 20)
            .setOomScoreAdj(900)
            .setCpusetCpus("0-1,3")
            .setCpusetMems("0")
            .addHugepageLimits(HugepageLimit.newBuilder().setPageSize("2MB").setLimit(4 << 20))
            .putUnified("memory.high", "max")
            .setMemorySwapLimitInBytes(128 << 20)
            .build();

    static final SELinuxOption SELINUX = SELinuxOption.newBuilder()
            .setUser("system_u")
            .setRole("system_r")
            .setType("container_t")
            .setLevel("s0:c1,c2")
            .build();

    static PodSandboxConfig.Builder sandboxConfig() {
        return PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName("web")
                        .setUid("11-22")
                        .setNamespace("default")
                        .setAttempt(3))
                .setHostname("web-0")
                .setLogDirectory("/var/log/pods/default_web_11-22")
                .setDnsConfig(DNSConfig.newBuilder()
                        .addServers("10.0.0.10")
                        .addSearches("default.svc.cluster.local")
                        .addOptions("ndots:5"))
                .addPortMappings(PortMapping.newBuilder()
                        .setProtocol(Protocol.UDP)
                        .setContainerPort(53)
                        .setHostPort(5353)
                        .setHostIp("127.0.0.1"))
                .putLabels("app", "web")
                .putAnnotations("note", "kept as it is")
                .setLinux(LinuxPodSandboxConfig.newBuilder()
                        .setCgroupParent("/kubepods/pod11-22")
                        .setSecurityContext(LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(NamespaceOption.newBuilder()
                                        .setPid(NamespaceMode.CONTAINER)
                                        .setIpc(NamespaceMode.NODE)
                                        .setUsernsOptions(UserNamespace.newBuilder()
                                                .addUids(MAPPING)
                                                .addGids(MAPPING)))
                                .setSelinuxOptions(SELINUX)
                                .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                                .setRunAsGroup(Int64Value.newBuilder().setValue(2000))
                                .setReadonlyRootfs(true)
                                .addSupplementalGroups(3000)
                                .setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict)
                                .setPrivileged(true)
                                .setSeccomp(SecurityProfile.newBuilder()
                                        .setProfileType(SecurityProfile.ProfileType.Localhost)
                                        .setLocalhostRef("/var/lib/kubelet/seccomp/a.json"))
                                .setApparmor(SecurityProfile.newBuilder()
                                        .setProfileType(SecurityProfile.ProfileType.Localhost)
                                        .setLocalhostRef("profile-a")))
                        .putSysctls("net.ipv4.ip_forward", "1")
                        .setOverhead(RESOURCES)
                        .setResources(RESOURCES));
    }

    static RunPodSandboxRequest runRequest() {
        return RunPodSandboxRequest.newBuilder()
                .setConfig(sandboxConfig())
                .setRuntimeHandler("runc")
                .build();
    }

    static ContainerConfig.Builder containerConfig() {
        return ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName("app").setAttempt(2))
                .setImage(ImageSpec.newBuilder()
                        .setImage("sha256:0123")
                        .putAnnotations("arch", "amd64")
                        .setUserSpecifiedImage("registry.example/app:1")
                        .setRuntimeHandler("runc")
                        .setImageRef("registry.example/app@sha256:4567"))
                .addCommand("/bin/app")
                .addArgs("--serve")
                .setWorkingDir("/srv")
                .addEnvs(KeyValue.newBuilder().setKey("MODE").setValue(ByteString.copyFromUtf8("größer")))
                .addMounts(Mount.newBuilder()
                        .setContainerPath("/data")
                        .setHostPath("/mnt/data")
                        .setReadonly(true)
                        .setSelinuxRelabel(true)
                        .setRecursiveReadOnly(true)
                        .addUidMappings(MAPPING)
                        .addGidMappings(MAPPING)
                        .addMountOptions("noexec"))
                .addMounts(Mount.newBuilder()
                        .setContainerPath("/shared")
                        .setHostPath("/mnt/shared")
                        .setPropagation(MountPropagation.PROPAGATION_BIDIRECTIONAL))
                .addMounts(Mount.newBuilder()
                        .setContainerPath("/models")
                        .setReadonly(true)
                        .setImage(ImageSpec.newBuilder()
                                .setImage("sha256:89ab")
                                .setImageRef("registry.example/m@sha256:cd"))
                        .setImageSubPath("v1"))
                .addDevices(Device.newBuilder()
                        .setContainerPath("/dev/fuse")
                        .setHostPath("/dev/fuse")
                        .setPermissions("rwm"))
                .putLabels("tier", "front")
                .putAnnotations("hash", "abc")
                .setLogPath("app/2.log")
                .setStdin(true)
                .setStdinOnce(true)
                .setTty(true)
                .setLinux(LinuxContainerConfig.newBuilder()
                        .setResources(RESOURCES)
                        .setSecurityContext(LinuxContainerSecurityContext.newBuilder()
                                .setCapabilities(Capability.newBuilder()
                                        .addAddCapabilities("NET_ADMIN")
                                        .addDropCapabilities("ALL")
                                        .addAddAmbientCapabilities("CAP_NET_BIND_SERVICE"))
                                .setPrivileged(true)
                                .setNamespaceOptions(NamespaceOption.newBuilder()
                                        .setNetwork(NamespaceMode.NODE)
                                        .setPid(NamespaceMode.TARGET)
                                        .setIpc(NamespaceMode.NODE)
                                        .setTargetId("3f2a"))
                                .setSelinuxOptions(SELINUX)
                                .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                                .setRunAsGroup(Int64Value.newBuilder().setValue(2000))
                                .setReadonlyRootfs(true)
                                .addSupplementalGroups(3000)
                                .setSupplementalGroupsPolicy(SupplementalGroupsPolicy.Strict)
                                .setNoNewPrivs(true)
                                .addMaskedPaths("/proc/kcore")
                                .addReadonlyPaths("/proc/sys")
                                .setSeccomp(SecurityProfile.newBuilder()
                                        .setProfileType(SecurityProfile.ProfileType.Unconfined))
                                .setApparmor(SecurityProfile.newBuilder()
                                        .setProfileType(SecurityProfile.ProfileType.Localhost)
                                        .setLocalhostRef("profile-a"))))
                .addCDIDevices(CDIDevice.newBuilder().setName("vendor.example/gpu=0"))
                .setStopSignal(Signal.SIGNAL_SIGRTMINPLUS3);
    }

    static CreateContainerRequest createRequest() {
        return CreateContainerRequest.newBuilder()
                .setPodSandboxId("5b4c")
                .setConfig(containerConfig())
                .setSandboxConfig(sandboxConfig())
                .build();
    }
}

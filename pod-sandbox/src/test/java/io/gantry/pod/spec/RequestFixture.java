package io.gantry.pod.spec;

import io.gantry.platform.linux.Capabilities;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerDevice;
import io.gantry.pod.config.ContainerMetadata;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ContainerMount.Propagation;
import io.gantry.pod.config.ContainerSecurity;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.KeyValue;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SecurityProfile;
import io.gantry.pod.config.SelinuxOptions;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** A request for an ordinary container, of which a test changes what it is about. */
public final class RequestFixture {
    public List<String> command = List.of("/bin/app");
    public List<String> args = List.of();
    public String workingDirectory = "";
    public List<KeyValue> environment = List.of();
    public List<ContainerMount> mounts = List.of();
    public List<ContainerDevice> devices = List.of();
    public Map<String, String> annotations = Map.of();
    public boolean tty;
    public LinuxResources resources = LinuxResources.NONE;
    public List<String> cdiDevices = List.of();

    public List<String> addCapabilities = List.of();
    public List<String> dropCapabilities = List.of();
    public List<String> ambientCapabilities = List.of();
    public boolean privileged;
    public NamespaceOptions namespaces = NamespaceOptions.DEFAULT;
    public NamespaceOptions podNamespaces = NamespaceOptions.DEFAULT;
    public @Nullable SelinuxOptions selinux;
    public @Nullable SelinuxOptions podSelinux;
    public @Nullable Long runAsUser;
    public @Nullable Long runAsGroup;
    public String runAsUserName = "";
    public boolean readOnlyRootfs;
    public List<Long> supplementalGroups = List.of();
    public SupplementalGroupsPolicy groupsPolicy = SupplementalGroupsPolicy.MERGE;
    public boolean noNewPrivileges;
    public List<String> maskedPaths = List.of();
    public List<String> readOnlyPaths = List.of();
    public @Nullable SecurityProfile seccomp;
    public @Nullable SecurityProfile apparmor;

    public ImageDefaults image = ImageDefaults.NONE;
    public Path rootfs = Path.of("/run/gantry/c/rootfs");
    public PodPaths paths = new PodPaths(
            Path.of("/run/gantry/p/ns/net"),
            Path.of("/run/gantry/p/ns/ipc"),
            Path.of("/run/gantry/p/ns/uts"),
            null,
            null,
            Path.of("/run/gantry/p/resolv.conf"),
            Path.of("/run/gantry/p/hostname"),
            Path.of("/run/gantry/p/shm"));
    public @Nullable Path targetPidNamespace;
    public String cgroupsPath = "/gantry/c1";
    public HandlerFeatures handler =
            new HandlerFeatures("runc", true, false, 6 << 20, List.of("org.systemd.property."));
    public String selinuxLevel = "";
    public Map<String, Path> imageMounts = Map.of();
    public Map<String, Path> imageVolumes = Map.of();
    public @Nullable ObjectNode baseSpec;

    /** A host with cgroup v2 and nothing missing. */
    public static final HostLimits HOST = new HostLimits(
            true,
            Set.copyOf(Capabilities.ALL),
            -1000,
            true,
            Set.of("2MB", "1GB"),
            true,
            true,
            false,
            null,
            false,
            "amd64");

    public static ContainerMount mount(
            String containerPath, String hostPath, boolean readOnly, Propagation propagation) {
        return new ContainerMount(
                containerPath,
                hostPath,
                readOnly,
                false,
                propagation,
                List.of(),
                List.of(),
                false,
                null,
                "",
                List.of());
    }

    public SpecRequest request() {
        ContainerSecurity security = new ContainerSecurity(
                addCapabilities,
                dropCapabilities,
                ambientCapabilities,
                privileged,
                namespaces,
                selinux,
                runAsUser,
                runAsGroup,
                runAsUserName,
                readOnlyRootfs,
                supplementalGroups,
                groupsPolicy,
                noNewPrivileges,
                maskedPaths,
                readOnlyPaths,
                seccomp,
                apparmor);
        ContainerConfig config = new ContainerConfig(
                new ContainerMetadata("web", 0),
                new ImageSpec("sha256:1", Map.of(), "busybox", "", ""),
                command,
                args,
                workingDirectory,
                environment,
                mounts,
                devices,
                Map.of(),
                annotations,
                "",
                false,
                false,
                tty,
                resources,
                security,
                cdiDevices,
                "");
        SandboxSecurity podSecurity = new SandboxSecurity(
                podNamespaces,
                podSelinux,
                null,
                null,
                false,
                List.of(),
                SupplementalGroupsPolicy.MERGE,
                false,
                null,
                null);
        PodSandboxConfig pod = new PodSandboxConfig(
                new SandboxMetadata("shop", "uid-1", "default", 0),
                "shop",
                "",
                null,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                podSecurity,
                Map.of(),
                null,
                null);
        return new SpecRequest(
                "c1",
                "p1",
                config,
                pod,
                "shop",
                image,
                rootfs,
                paths,
                targetPidNamespace,
                cgroupsPath,
                handler,
                selinuxLevel,
                imageMounts,
                imageVolumes,
                baseSpec);
    }
}

package io.gantry.cri.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.gantry.cri.v1.ContainerConfig;
import io.gantry.cri.v1.ContainerFilter;
import io.gantry.cri.v1.ContainerState;
import io.gantry.cri.v1.ContainerStateValue;
import io.gantry.cri.v1.ContainerStatus;
import io.gantry.cri.v1.CreateContainerRequest;
import io.gantry.cri.v1.ExecSyncRequest;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.Int64Value;
import io.gantry.cri.v1.KeyValue;
import io.gantry.cri.v1.LinuxContainerSecurityContext;
import io.gantry.cri.v1.Mount;
import io.gantry.cri.v1.MountPropagation;
import io.gantry.cri.v1.Signal;
import io.gantry.cri.v1.StopContainerRequest;
import io.gantry.cri.v1.UpdateContainerResourcesRequest;
import io.gantry.cri.v1.WindowsContainerResources;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ContainerMessagesTests {
    private static io.gantry.pod.config.ContainerConfig translate(Consumer<ContainerConfig.Builder> change) {
        ContainerConfig.Builder config = Samples.containerConfig();
        change.accept(config);
        return ContainerMessages.creation(
                        Samples.createRequest().toBuilder().setConfig(config).build())
                .config();
    }

    private static void refused(Consumer<ContainerConfig.Builder> change, String problem) {
        assertThatThrownBy(() -> translate(change)).hasMessage("create container app: " + problem);
    }

    private static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder config) {
        return config.getLinuxBuilder().getSecurityContextBuilder();
    }

    private static Container container(ContainerPhase phase) {
        io.gantry.pod.state.ContainerStatus created =
                io.gantry.pod.state.ContainerStatus.creating(Instant.ofEpochSecond(100));
        io.gantry.pod.state.ContainerStatus status = switch (phase) {
            case CREATING, CREATED -> created;
            case RUNNING -> created.running(Instant.ofEpochSecond(101));
            case EXITED ->
                created.running(Instant.ofEpochSecond(101))
                        .exited(Instant.ofEpochSecond(102), 137, "OOMKilled", "out of memory");
        };
        io.gantry.pod.config.ContainerConfig config = translate(c -> {});
        return new Container(
                "77aa",
                "5b4c",
                config,
                status,
                "runc",
                "sha256:0123",
                "registry.example/app@sha256:4567",
                "/var/log/pods/default_web_11-22/app/2.log",
                "SIGRTMIN+3",
                "/kubepods/pod11-22/77aa",
                config.resources(),
                new Container.ContainerUser(1000, 2000, List.of(2000L, 3000L)),
                "boot");
    }

    @Test
    void aStatusGivesBackWhatWasAskedFor() {
        ContainerConfig asked = Samples.containerConfig().build();

        ContainerStatus status = ContainerMessages.status(container(ContainerPhase.EXITED));

        assertThat(status.getId()).isEqualTo("77aa");
        assertThat(status.getMetadata()).isEqualTo(asked.getMetadata());
        assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
        assertThat(status.getCreatedAt()).isEqualTo(100_000_000_000L);
        assertThat(status.getStartedAt()).isEqualTo(101_000_000_000L);
        assertThat(status.getFinishedAt()).isEqualTo(102_000_000_000L);
        assertThat(status.getExitCode()).isEqualTo(137);
        assertThat(status.getReason()).isEqualTo("OOMKilled");
        assertThat(status.getMessage()).isEqualTo("out of memory");
        assertThat(status.getImage())
                .isEqualTo(asked.getImage().toBuilder()
                        .setImage("registry.example/app:1")
                        .build());
        assertThat(status.getImageRef()).isEqualTo("registry.example/app@sha256:4567");
        assertThat(status.getImageId()).isEqualTo("sha256:0123");
        assertThat(status.getMountsList()).isEqualTo(asked.getMountsList());
        assertThat(status.getLabelsMap()).isEqualTo(asked.getLabelsMap());
        assertThat(status.getAnnotationsMap()).isEqualTo(asked.getAnnotationsMap());
        assertThat(status.getLogPath()).isEqualTo("/var/log/pods/default_web_11-22/app/2.log");
        assertThat(status.getResources().getLinux()).isEqualTo(Samples.RESOURCES);
        assertThat(status.getUser().getLinux().getUid()).isEqualTo(1000);
        assertThat(status.getUser().getLinux().getGid()).isEqualTo(2000);
        assertThat(status.getUser().getLinux().getSupplementalGroupsList()).containsExactly(2000L, 3000L);
        assertThat(status.getStopSignal()).isEqualTo(Signal.SIGNAL_SIGRTMINPLUS3);
    }

    @Test
    void timesThatHaveNotComeAreZero() {
        ContainerStatus created = ContainerMessages.status(container(ContainerPhase.CREATED));
        ContainerStatus running = ContainerMessages.status(container(ContainerPhase.RUNNING));

        assertThat(created.getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
        assertThat(created.getStartedAt()).isZero();
        assertThat(running.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
        assertThat(running.getFinishedAt()).isZero();
    }

    @Test
    void anImageNamedByTheUserAloneStaysAsItIs() {
        var image = translate(c -> c.setImage(ImageSpec.newBuilder().setImage("busybox")))
                .image();

        assertThat(image.image()).isEqualTo("busybox");
        assertThat(image.userSpecifiedImage()).isEmpty();
    }

    @Test
    void listItemsNameImageAndSandbox() {
        var item = ContainerMessages.list(List.of(container(ContainerPhase.RUNNING)))
                .getContainers(0);

        assertThat(item.getPodSandboxId()).isEqualTo("5b4c");
        assertThat(item.getImage().getImage()).isEqualTo("registry.example/app:1");
        assertThat(item.getImageRef()).isEqualTo("registry.example/app@sha256:4567");
        assertThat(item.getImageId()).isEqualTo("sha256:0123");
        assertThat(item.getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
        assertThat(item.getCreatedAt()).isEqualTo(100_000_000_000L);
    }

    @Test
    void everySignalComesBack() {
        for (Signal signal : Signal.values()) {
            if (signal == Signal.UNRECOGNIZED || signal == Signal.SIGNAL_RUNTIME_DEFAULT) {
                continue;
            }
            String name = translate(c -> c.setStopSignal(signal)).stopSignal();
            Signal expected = switch (signal) {
                case SIGNAL_SIGCLD -> Signal.SIGNAL_SIGCHLD;
                case SIGNAL_SIGIOT -> Signal.SIGNAL_SIGABRT;
                case SIGNAL_SIGPOLL -> Signal.SIGNAL_SIGIO;
                default -> signal;
            };
            assertThat(SignalMessages.toMessage(name)).isEqualTo(expected);
            assertThat(io.gantry.platform.linux.Signals.parse(name)).as(name).isPresent();
        }
        assertThat(SignalMessages.toMessage("term")).isEqualTo(Signal.SIGNAL_SIGTERM);
        assertThat(SignalMessages.toMessage("SIGUNHEARDOF")).isEqualTo(Signal.SIGNAL_RUNTIME_DEFAULT);
    }

    @Test
    void whatIsMissing() {
        CreateContainerRequest full = Samples.createRequest();
        assertThatThrownBy(() -> ContainerMessages.creation(
                        full.toBuilder().clearPodSandboxId().build()))
                .hasMessage("create container app: pod_sandbox_id is empty");
        assertThatThrownBy(() -> ContainerMessages.creation(
                        full.toBuilder().clearSandboxConfig().build()))
                .hasMessage("create container app: sandbox_config is missing");
        assertThatThrownBy(() -> ContainerMessages.creation(
                        full.toBuilder().clearConfig().build()))
                .hasMessage("create container : config is missing");
        assertThatThrownBy(() -> translate(ContainerConfig.Builder::clearMetadata))
                .hasMessage("create container : config.metadata is missing");
        refused(ContainerConfig.Builder::clearImage, "config.image is missing");
    }

    @Test
    void badProcess() {
        refused(c -> c.setWorkingDir("srv"), "config.working_dir is not an absolute path: \"srv\"");
        refused(c -> c.addArgs("a\0b"), "config.args contains a zero byte");
        refused(c -> c.addEnvs(KeyValue.newBuilder().setKey("")), "config.envs[1].key is empty");
        refused(c -> c.addEnvs(KeyValue.newBuilder().setKey("A=B")), "config.envs[1].key contains '=': \"A=B\"");
        refused(
                c -> c.addEnvs(
                        KeyValue.newBuilder().setKey("A").setValue(ByteString.copyFrom(new byte[] {(byte) 0xff}))),
                "config.envs[1].value of A is not UTF-8, which the OCI runtime's configuration cannot hold");
        refused(c -> c.setLogPath("/var/log/x"), "config.log_path is not a relative path: \"/var/log/x\"");
        refused(c -> c.setLogPath("../x"), "config.log_path contains \"..\": \"../x\"");
        refused(
                c -> c.getDevicesBuilder(0).setPermissions("x"),
                "config.devices[0].permissions is not made of r, w and m: \"x\"");
        refused(c -> c.setStopSignalValue(999), "config.stop_signal is not a signal that is known here");
    }

    @Test
    void badMounts() {
        refused(
                c -> c.addMounts(Mount.newBuilder().setContainerPath("a")),
                "config.mounts[3].container_path is not an absolute path: \"a\"");
        refused(c -> c.addMounts(Mount.newBuilder().setContainerPath("/a")), "config.mounts[3].host_path is empty");
        refused(
                c -> c.getMountsBuilder(0).setReadonly(false),
                "config.mounts[0].recursive_read_only is set, but readonly is not");
        refused(
                c -> c.getMountsBuilder(0).setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER),
                "config.mounts[0].recursive_read_only is set, but propagation is not PROPAGATION_PRIVATE");
        refused(
                c -> c.getMountsBuilder(0).addMountOptions("suid"),
                "config.mounts[0].mount_options has an option that is not noexec, nodev or nosuid: \"suid\"");
        refused(
                c -> c.getMountsBuilder(0).setImageSubPath("x"),
                "config.mounts[0].image_sub_path is set, but image is not");
        refused(c -> c.getMountsBuilder(2).setHostPath("/x"), "config.mounts[2].host_path is set together with image");
        refused(
                c -> c.getMountsBuilder(2).setReadonly(false),
                "config.mounts[2].readonly is false, but an image can only be mounted read-only");
        refused(
                c -> c.getMountsBuilder(2).setImageSubPath("../etc"),
                "config.mounts[2].image_sub_path contains \"..\": \"../etc\"");
        refused(
                c -> c.getMountsBuilder(1).setPropagationValue(8),
                "config.mounts[1].propagation is not a mode that is known here");
    }

    @Test
    void badSecurity() {
        String field = "config.linux.security_context.";
        refused(
                c -> security(c).clearRunAsUser(),
                field + "run_as_group is set without run_as_user or run_as_username");
        refused(c -> security(c).setRunAsUsername("www"), field + "run_as_username is set together with run_as_user");
        refused(
                c -> security(c).setRunAsUser(Int64Value.newBuilder().setValue(1L << 32)),
                field + "run_as_user is not from 0 to 4294967294: 4294967296");
        refused(
                c -> security(c).getCapabilitiesBuilder().addAddCapabilities("CAP SYS"),
                field + "capabilities.add_capabilities has no name of a capability: \"CAP SYS\"");
        refused(c -> security(c).addMaskedPaths("proc"), field + "masked_paths[1] is not an absolute path: \"proc\"");
        refused(
                c -> security(c).getNamespaceOptionsBuilder().clearTargetId(),
                field + "namespace_options.target_id is empty");
        refused(
                c -> security(c).getNamespaceOptionsBuilder().clearPid(),
                field + "namespace_options.target_id is set, but no namespace has mode TARGET");
        refused(
                c -> security(c).setSupplementalGroupsPolicyValue(4),
                field + "supplemental_groups_policy is not a policy that is known here");
    }

    @Test
    void badResources() {
        String field = "config.linux.resources.";
        refused(
                c -> c.getLinuxBuilder().getResourcesBuilder().setCpuPeriod(10),
                field + "cpu_period is not from 1000 to 1000000 microseconds: 10");
        refused(
                c -> c.getLinuxBuilder().getResourcesBuilder().setCpuQuota(10),
                field + "cpu_quota is below 1000 microseconds: 10");
        refused(
                c -> c.getLinuxBuilder().getResourcesBuilder().setCpusetCpus("all"),
                field + "cpuset_cpus is not a list such as \"0-3,7\": \"all\"");
        refused(
                c -> c.getLinuxBuilder().getResourcesBuilder().setMemorySwapLimitInBytes(1),
                field
                        + "memory_swap_limit_in_bytes is below memory_limit_in_bytes, though it stands for memory and swap together: 1");
        refused(
                c -> c.getLinuxBuilder().getResourcesBuilder().putUnified("memory.high", "1\0"),
                field + "unified contains a zero byte");
        refused(
                c -> c.getLinuxBuilder()
                        .getResourcesBuilder()
                        .getHugepageLimitsBuilder(0)
                        .setPageSize("2"),
                field + "hugepage_limits has a page size that is not like \"2MB\": \"2\"");
    }

    @Test
    void theOlderAppArmorFieldCountsWhenTheNewerIsAbsent() {
        var profile = translate(c -> security(c).clearApparmor().setApparmorProfile("localhost/p"))
                .security()
                .apparmor();
        assertThat(profile).isEqualTo(new io.gantry.pod.config.SecurityProfile.Localhost("p"));

        var newer = translate(c -> security(c).setApparmorProfile("unconfined"))
                .security()
                .apparmor();
        assertThat(newer).isEqualTo(new io.gantry.pod.config.SecurityProfile.Localhost("profile-a"));
    }

    @Test
    void timeouts() {
        assertThat(ContainerMessages.stopTimeout(
                        StopContainerRequest.newBuilder().setTimeout(30).build()))
                .isEqualTo(Duration.ofSeconds(30));
        assertThat(ContainerMessages.stopTimeout(StopContainerRequest.newBuilder()
                        .setTimeout(Long.MAX_VALUE)
                        .build()))
                .isEqualTo(Duration.ofDays(365));
        assertThatThrownBy(() -> ContainerMessages.stopTimeout(StopContainerRequest.newBuilder()
                        .setContainerId("77aa")
                        .setTimeout(-1)
                        .build()))
                .hasMessage("stop container 77aa: timeout is negative: -1");
        assertThatThrownBy(() -> ContainerMessages.execution(
                        ExecSyncRequest.newBuilder().setContainerId("77aa").build()))
                .hasMessage("run a command in container 77aa: cmd is empty");
    }

    @Test
    void updates() {
        UpdateContainerResourcesRequest request = UpdateContainerResourcesRequest.newBuilder()
                .setContainerId("77aa")
                .setLinux(Samples.RESOURCES)
                .build();

        assertThat(ResourceMessages.toMessage(ContainerMessages.resources(request)))
                .isEqualTo(Samples.RESOURCES);
        assertThatThrownBy(() -> ContainerMessages.resources(
                        request.toBuilder().clearLinux().build()))
                .hasMessage("update resources of container 77aa: linux is missing");
        assertThatThrownBy(() -> ContainerMessages.resources(
                        request.toBuilder().putAnnotations("a", "b").build()))
                .hasMessage("update resources of container 77aa: annotations are set, but none has a meaning here");
    }

    @Test
    void updatesForWindowsAreRefused() {
        UpdateContainerResourcesRequest request = UpdateContainerResourcesRequest.newBuilder()
                .setContainerId("77aa")
                .setLinux(Samples.RESOURCES)
                .setWindows(WindowsContainerResources.newBuilder().setCpuCount(2))
                .build();

        assertThatThrownBy(() -> ContainerMessages.resources(request))
                .hasMessage("update resources of container 77aa: windows is set, but this is a Linux node");
    }

    @Test
    void filters() {
        assertThat(ContainerMessages.filter(ContainerFilter.getDefaultInstance()))
                .hasValue(io.gantry.pod.container.ContainerFilter.ALL);
        assertThat(ContainerMessages.filter(ContainerFilter.newBuilder()
                        .setId("77")
                        .setPodSandboxId("5b")
                        .setState(ContainerStateValue.newBuilder().setState(ContainerState.CONTAINER_RUNNING))
                        .putLabelSelector("tier", "front")
                        .build()))
                .hasValue(new io.gantry.pod.container.ContainerFilter(
                        "77", "5b", ContainerPhase.RUNNING, Map.of("tier", "front")));
        assertThat(ContainerMessages.filter(ContainerFilter.newBuilder()
                        .setState(ContainerStateValue.newBuilder().setState(ContainerState.CONTAINER_UNKNOWN))
                        .build()))
                .isEmpty();
    }
}

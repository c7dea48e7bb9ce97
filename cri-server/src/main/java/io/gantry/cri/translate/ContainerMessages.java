package io.gantry.cri.translate;

import com.google.protobuf.ByteString;
import io.gantry.cri.v1.ContainerMetadata;
import io.gantry.cri.v1.ContainerResources;
import io.gantry.cri.v1.ContainerState;
import io.gantry.cri.v1.ContainerUser;
import io.gantry.cri.v1.CreateContainerRequest;
import io.gantry.cri.v1.ExecSyncRequest;
import io.gantry.cri.v1.ExecSyncResponse;
import io.gantry.cri.v1.LinuxContainerUser;
import io.gantry.cri.v1.ListContainersResponse;
import io.gantry.cri.v1.StopContainerRequest;
import io.gantry.cri.v1.StreamContainersResponse;
import io.gantry.cri.v1.UpdateContainerResourcesRequest;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.ContainerStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Containers: what is asked for, and what there is. */
public final class ContainerMessages {
    private ContainerMessages() {}

    /** What CreateContainer asks for. */
    public record Creation(String sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig) {}

    /** What ExecSync asks for; a timeout of zero is none. */
    public record Execution(String containerId, List<String> command, Duration timeout) {}

    public static Creation creation(CreateContainerRequest request) {
        Checks checks = new Checks(
                "create container " + request.getConfig().getMetadata().getName());
        checks.notEmpty(request.getPodSandboxId(), "pod_sandbox_id");
        checks.require(request.hasConfig(), "config", "is missing");
        checks.require(request.hasSandboxConfig(), "sandbox_config", "is missing");
        return new Creation(
                request.getPodSandboxId(),
                ContainerConfigMessages.config(request.getConfig(), checks, "config"),
                SandboxMessages.config(request.getSandboxConfig(), checks, "sandbox_config"));
    }

    /** How long StopContainer waits before it kills. */
    public static Duration stopTimeout(StopContainerRequest request) {
        return new Checks("stop container " + request.getContainerId()).seconds(request.getTimeout(), "timeout");
    }

    public static Execution execution(ExecSyncRequest request) {
        Checks checks = new Checks("run a command in container " + request.getContainerId());
        checks.require(request.getCmdCount() > 0 && !request.getCmd(0).isEmpty(), "cmd", "is empty");
        return new Execution(
                request.getContainerId(),
                ContainerConfigMessages.words(request.getCmdList(), checks, "cmd"),
                checks.seconds(request.getTimeout(), "timeout"));
    }

    public static ExecSyncResponse executed(ExecResult result) {
        return ExecSyncResponse.newBuilder()
                .setStdout(ByteString.copyFrom(result.stdout()))
                .setStderr(ByteString.copyFrom(result.stderr()))
                .setExitCode(result.exitCode())
                .build();
    }

    /** The limits that UpdateContainerResources sets. */
    public static LinuxResources resources(UpdateContainerResourcesRequest request) {
        Checks checks = new Checks("update resources of container " + request.getContainerId());
        checks.require(!request.hasWindows(), "windows", "is set, but this is a Linux node");
        checks.require(request.hasLinux(), "linux", "is missing");
        checks.require(request.getAnnotationsCount() == 0, "annotations", "are set, but none has a meaning here");
        return ResourceMessages.resources(request.getLinux(), checks, "linux");
    }

    /** Which containers a request wants to see; empty when no container can match. */
    public static Optional<ContainerFilter> filter(io.gantry.cri.v1.ContainerFilter message) {
        ContainerPhase phase = null;
        if (message.hasState()) {
            switch (message.getState().getState()) {
                case CONTAINER_CREATED -> phase = ContainerPhase.CREATED;
                case CONTAINER_RUNNING -> phase = ContainerPhase.RUNNING;
                case CONTAINER_EXITED -> phase = ContainerPhase.EXITED;
                // What became of a container is always known here.
                case CONTAINER_UNKNOWN -> {
                    return Optional.empty();
                }
                case UNRECOGNIZED ->
                    throw new Checks("list containers").refuse("filter.state", "is not a state that is known here");
            }
        }
        return Optional.of(
                new ContainerFilter(message.getId(), message.getPodSandboxId(), phase, message.getLabelSelectorMap()));
    }

    /** A container in full. */
    public static io.gantry.cri.v1.ContainerStatus status(Container container) {
        ContainerStatus status = container.status();
        io.gantry.cri.v1.ContainerStatus.Builder message = io.gantry.cri.v1.ContainerStatus.newBuilder()
                .setId(container.id())
                .setMetadata(metadata(container))
                .setState(state(status.phase()))
                .setCreatedAt(Checks.nanos(status.createdAt()))
                .setImage(image(container.config().image()))
                .setImageRef(container.imageRef())
                .setImageId(container.imageId())
                .setReason(status.reason())
                .setMessage(status.message())
                .putAllLabels(container.config().labels())
                .putAllAnnotations(container.config().annotations())
                .addAllMounts(MountMessages.toMessages(container.config().mounts()))
                .setLogPath(container.logPath())
                .setResources(
                        ContainerResources.newBuilder().setLinux(ResourceMessages.toMessage(container.resources())))
                .setStopSignal(SignalMessages.toMessage(container.stopSignal()));
        if (status.isRunning() || status.isExited()) {
            message.setStartedAt(Checks.nanos(status.startedAt()));
        }
        if (status.isExited()) {
            message.setFinishedAt(Checks.nanos(status.finishedAt())).setExitCode(status.exitCode());
        }
        Container.ContainerUser user = container.user();
        if (user != null) {
            message.setUser(ContainerUser.newBuilder()
                    .setLinux(LinuxContainerUser.newBuilder()
                            .setUid(user.uid())
                            .setGid(user.gid())
                            .addAllSupplementalGroups(user.supplementalGroups())));
        }
        return message.build();
    }

    public static ListContainersResponse list(List<Container> containers) {
        return ListContainersResponse.newBuilder()
                .addAllContainers(
                        containers.stream().map(ContainerMessages::item).toList())
                .build();
    }

    public static StreamContainersResponse streamed(List<Container> containers) {
        return StreamContainersResponse.newBuilder()
                .addAllContainers(
                        containers.stream().map(ContainerMessages::item).toList())
                .build();
    }

    private static io.gantry.cri.v1.Container item(Container container) {
        return io.gantry.cri.v1.Container.newBuilder()
                .setId(container.id())
                .setPodSandboxId(container.sandboxId())
                .setMetadata(metadata(container))
                .setImage(image(container.config().image()))
                .setImageRef(container.imageRef())
                .setImageId(container.imageId())
                .setState(state(container.status().phase()))
                .setCreatedAt(Checks.nanos(container.status().createdAt()))
                .putAllLabels(container.config().labels())
                .putAllAnnotations(container.config().annotations())
                .build();
    }

    /**
     * The image as its user named it. The kubelet creates containers by image id and gives the name beside it; what
     * people look for in a status is the name.
     */
    private static io.gantry.cri.v1.ImageSpec image(ImageSpec spec) {
        io.gantry.cri.v1.ImageSpec message = ImageMessages.toMessage(spec);
        return spec.userSpecifiedImage().isEmpty()
                ? message
                : message.toBuilder().setImage(spec.userSpecifiedImage()).build();
    }

    private static ContainerMetadata metadata(Container container) {
        return ContainerMetadata.newBuilder()
                .setName(container.config().metadata().name())
                .setAttempt(container.config().metadata().attempt())
                .build();
    }

    private static ContainerState state(ContainerPhase phase) {
        return switch (phase) {
            case CREATING, CREATED -> ContainerState.CONTAINER_CREATED;
            case RUNNING -> ContainerState.CONTAINER_RUNNING;
            case EXITED -> ContainerState.CONTAINER_EXITED;
        };
    }
}

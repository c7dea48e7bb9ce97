package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.CDIDevice;
import io.gantry.cri.nri.proto.Container;
import io.gantry.cri.nri.proto.ContainerState;
import io.gantry.cri.nri.proto.Image;
import io.gantry.cri.nri.proto.LinuxContainer;
import io.gantry.cri.nri.proto.SecurityProfile;
import io.gantry.cri.nri.proto.SecurityProfile.ProfileType;
import io.gantry.cri.nri.proto.User;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.state.ContainerStatus;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Containers as plugins see them: the record, and the specification where there is one. */
final class ContainerMessages {
    private ContainerMessages() {}

    /** @param spec the OCI specification as it is now, null when it is gone */
    static Container of(io.gantry.pod.state.Container container, @Nullable JsonNode spec) {
        var config = container.config();
        ContainerStatus status = container.status();
        ProcessIdentity init = status.init();
        Container.Builder message = Container.newBuilder()
                .setId(container.id())
                .setPodSandboxId(container.sandboxId())
                .setName(config.metadata().name())
                .setState(state(status))
                .putAllLabels(config.labels())
                .putAllAnnotations(config.annotations())
                .setPid(init == null || status.isExited() ? 0 : init.pid())
                .setCreatedAt(nanos(status.createdAt()))
                .setStartedAt(nanos(status.startedAt()))
                .setFinishedAt(nanos(status.finishedAt()))
                .setExitCode(status.exitCode())
                .setStatusReason(status.reason())
                .setStatusMessage(status.message())
                .setImage(image(container));
        config.cdiDevices()
                .forEach(name -> message.addCDIDevices(CDIDevice.newBuilder().setName(name)));
        if (spec == null) {
            message.setLinux(LinuxContainer.newBuilder()
                    .setResources(ResourceMessages.of(container.resources()))
                    .setCgroupsPath(container.cgroup()));
        } else {
            SpecMessages.addTo(message, spec);
            if (status.mayHaveProcess()) {
                // Limits may have changed since the specification was written.
                message.getLinuxBuilder().getResourcesBuilder().mergeFrom(ResourceMessages.of(container.resources()));
            }
        }
        var profile = config.security().seccomp();
        if (profile != null) {
            message.getLinuxBuilder().setSeccompProfile(profile(profile));
        }
        var user = container.user();
        if (user != null) {
            message.setUser(User.newBuilder()
                    .setUid((int) user.uid())
                    .setGid((int) user.gid())
                    .addAllAdditionalGids(user.supplementalGroups().stream()
                            .map(Long::intValue)
                            .toList()));
        }
        return message.build();
    }

    private static SecurityProfile profile(io.gantry.pod.config.SecurityProfile profile) {
        SecurityProfile.Builder message = SecurityProfile.newBuilder();
        return switch (profile) {
            case io.gantry.pod.config.SecurityProfile.RuntimeDefault unused ->
                message.setProfileType(ProfileType.RUNTIME_DEFAULT).build();
            case io.gantry.pod.config.SecurityProfile.Unconfined unused ->
                message.setProfileType(ProfileType.UNCONFINED).build();
            case io.gantry.pod.config.SecurityProfile.Localhost localhost ->
                message.setProfileType(ProfileType.LOCALHOST)
                        .setLocalhostRef(localhost.reference())
                        .build();
        };
    }

    private static Image image(io.gantry.pod.state.Container container) {
        String reference = container.imageRef();
        int at = reference.indexOf('@');
        String named = container.config().image().userSpecifiedImage();
        return Image.newBuilder()
                .setName(named.isEmpty() ? container.config().image().image() : named)
                .setDigest(at < 0 ? "" : reference.substring(at + 1))
                .setConfigDigest(container.imageId())
                .build();
    }

    private static ContainerState state(ContainerStatus status) {
        return switch (status.phase()) {
            case CREATED -> ContainerState.CONTAINER_CREATED;
            case RUNNING -> ContainerState.CONTAINER_RUNNING;
            case EXITED -> ContainerState.CONTAINER_STOPPED;
            default -> ContainerState.CONTAINER_UNKNOWN;
        };
    }

    private static long nanos(@Nullable Instant time) {
        return time == null ? 0 : time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }
}

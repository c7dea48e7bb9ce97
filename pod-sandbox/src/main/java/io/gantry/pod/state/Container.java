package io.gantry.pod.state;

import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.LinuxResources;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One container: an immutable snapshot, and the record kept on disk.
 *
 * @param id 64 hexadecimal digits
 * @param handler the runtime handler that serves it
 * @param imageId config digest of its image
 * @param imageRef repository and manifest digest of its image, or the image id where it has none
 * @param logPath absolute, or empty
 * @param stopSignal effective stop signal: {@code SIGTERM}
 * @param cgroup path relative to the controllers' mount point; under the systemd driver the scope's path
 * @param resources as they are now, after updates
 * @param user user and groups of its first process, null before its spec was built
 * @param bootId the boot in which it was created
 */
public record Container(
        String id,
        String sandboxId,
        ContainerConfig config,
        ContainerStatus status,
        String handler,
        String imageId,
        String imageRef,
        String logPath,
        String stopSignal,
        String cgroup,
        LinuxResources resources,
        @Nullable ContainerUser user,
        String bootId) {

    /** Ids of the first process, the primary group among the supplemental ones (api.proto LinuxContainerUser). */
    public record ContainerUser(long uid, long gid, List<Long> supplementalGroups) {
        public ContainerUser {
            supplementalGroups = List.copyOf(supplementalGroups);
        }
    }

    public Container withStatus(ContainerStatus newStatus) {
        return new Container(
                id,
                sandboxId,
                config,
                newStatus,
                handler,
                imageId,
                imageRef,
                logPath,
                stopSignal,
                cgroup,
                resources,
                user,
                bootId);
    }

    public Container withUser(ContainerUser newUser) {
        return new Container(
                id,
                sandboxId,
                config,
                status,
                handler,
                imageId,
                imageRef,
                logPath,
                stopSignal,
                cgroup,
                resources,
                newUser,
                bootId);
    }

    public Container withCgroup(String newCgroup) {
        return new Container(
                id,
                sandboxId,
                config,
                status,
                handler,
                imageId,
                imageRef,
                logPath,
                stopSignal,
                newCgroup,
                resources,
                user,
                bootId);
    }

    public Container withResources(LinuxResources newResources) {
        return new Container(
                id,
                sandboxId,
                config,
                status,
                handler,
                imageId,
                imageRef,
                logPath,
                stopSignal,
                cgroup,
                newResources,
                user,
                bootId);
    }
}

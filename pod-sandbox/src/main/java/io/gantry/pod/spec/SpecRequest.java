package io.gantry.pod.spec;

import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.PodSandboxConfig;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Everything the specification of one container follows from.
 *
 * @param hostname the pod's host name (the node's with host network), for the variable HOSTNAME
 * @param image what the container's image says
 * @param rootfs the container's mounted root file system
 * @param targetPidNamespace PID namespace file of the target container; only with PID mode TARGET
 * @param cgroupsPath in the form that the runtime expects: {@link io.gantry.pod.cgroup.ContainerCgroup#runtimePath()}
 * @param selinuxLevel the pod's MCS level, or empty
 * @param imageMounts container path of each image mount to where the image is mounted on the host
 * @param imageVolumes path of an image volume to the directory that holds its data; a volume without an entry stays in
 *     the root file system
 * @param baseSpec the handler's own base specification, or null for Gantry's defaults; never changed
 */
public record SpecRequest(
        String containerId,
        String sandboxId,
        ContainerConfig config,
        PodSandboxConfig pod,
        String hostname,
        ImageDefaults image,
        Path rootfs,
        PodPaths paths,
        @Nullable Path targetPidNamespace,
        String cgroupsPath,
        HandlerFeatures handler,
        String selinuxLevel,
        Map<String, Path> imageMounts,
        Map<String, Path> imageVolumes,
        @Nullable ObjectNode baseSpec) {
    public SpecRequest {
        imageMounts = Map.copyOf(imageMounts);
        imageVolumes = Map.copyOf(imageVolumes);
    }

    /** What is being done, for errors: {@code create container web in pod default/shop}. */
    public String action() {
        return "create container " + config.metadata().name() + " in pod "
                + pod.metadata().display();
    }
}

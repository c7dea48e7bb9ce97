package io.gantry.pod.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mount of a container (api.proto Mount).
 *
 * @param hostPath source on the host, empty for an image mount
 * @param image the image to mount, or null
 * @param imageSubPath directory within the image, or empty
 * @param mountOptions additional options such as noexec
 */
public record ContainerMount(
        String containerPath,
        String hostPath,
        boolean readOnly,
        boolean selinuxRelabel,
        Propagation propagation,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        boolean recursiveReadOnly,
        @Nullable ImageSpec image,
        String imageSubPath,
        List<String> mountOptions) {
    /** Mount propagation in CRI's words (mount_namespaces(7): private, slave, shared). */
    public enum Propagation {
        PRIVATE,
        HOST_TO_CONTAINER,
        BIDIRECTIONAL
    }

    public ContainerMount {
        uidMappings = List.copyOf(uidMappings);
        gidMappings = List.copyOf(gidMappings);
        mountOptions = List.copyOf(mountOptions);
    }

    public ContainerMount withImage(ImageSpec newImage) {
        return new ContainerMount(
                containerPath,
                hostPath,
                readOnly,
                selinuxRelabel,
                propagation,
                uidMappings,
                gidMappings,
                recursiveReadOnly,
                newImage,
                imageSubPath,
                mountOptions);
    }
}

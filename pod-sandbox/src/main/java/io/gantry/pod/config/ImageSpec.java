package io.gantry.pod.config;

import java.util.Map;

/**
 * The image of a container (api.proto ImageSpec).
 *
 * @param image what the caller named: usually the image id
 * @param userSpecifiedImage the name in the pod's spec
 * @param imageRef of an image mount the id of its image, which ContainerStatus tells; else as the caller gave it
 */
public record ImageSpec(
        String image,
        Map<String, String> annotations,
        String userSpecifiedImage,
        String runtimeHandler,
        String imageRef) {
    public ImageSpec {
        annotations = Map.copyOf(annotations);
    }

    public ImageSpec withImageRef(String newImageRef) {
        return new ImageSpec(image, annotations, userSpecifiedImage, runtimeHandler, newImageRef);
    }
}

package io.gantry.pod.config;

import java.util.Map;

/**
 * The image of a container (api.proto ImageSpec).
 *
 * @param image what the caller named: usually the image id
 * @param userSpecifiedImage the name in the pod's spec
 * @param imageRef repository digest that the caller knows, or empty
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
}

package io.gantry.pod.container;

import io.gantry.image.service.Image;
import io.gantry.pod.spec.ImageDefaults;

/** What the OCI specification needs to know of an image. */
final class ImageFacts {
    private ImageFacts() {}

    static ImageDefaults of(Image image) {
        var config = image.config();
        return new ImageDefaults(
                config.user(),
                config.env(),
                config.entrypoint(),
                config.cmd(),
                config.workingDir(),
                config.volumes(),
                config.stopSignal(),
                config.labels());
    }
}

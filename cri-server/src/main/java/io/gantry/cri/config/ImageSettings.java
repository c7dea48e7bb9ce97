package io.gantry.cri.config;

import io.gantry.image.service.ImagePolicies;
import io.gantry.image.service.ImageServiceConfig;
import io.gantry.image.trust.TrustConfig;
import java.nio.file.Path;

/** The settings of the image service as the configuration has them. */
public final class ImageSettings {
    private ImageSettings() {}

    /** What the store is opened with, by the daemon and without one. */
    public static ImageServiceConfig service(GantryConfig config) {
        ImagesConfig images = config.images();
        ImageServiceConfig defaults = ImageServiceConfig.defaults(config.root(), images.registryDir());
        return new ImageServiceConfig(
                defaults.root(),
                defaults.registryDir(),
                defaults.platform(),
                images.pinned(),
                images.maxParallelLayers() == 0 ? defaults.maxTransfers() : images.maxParallelLayers(),
                images.pullMemory(),
                images.connectionsPerLayer(),
                images.spool(),
                defaults.limits(),
                images.progressTimeout(),
                images.orphanGrace(),
                defaults.usagePause(),
                images.volatileContainers());
    }

    /** What is let in and shown to registries. */
    public static ImagePolicies policies(GantryConfig config) {
        ImagesConfig images = config.images();
        return new ImagePolicies(
                new TrustConfig(
                        images.trustPolicy().isEmpty() ? null : Path.of(images.trustPolicy()),
                        images.verifierDir().isEmpty() ? null : Path.of(images.verifierDir()),
                        images.verifierTimeout()),
                images.dockerConfig().isEmpty() ? null : Path.of(images.dockerConfig()),
                images.sealLayers());
    }
}

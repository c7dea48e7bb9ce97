package io.gantry.image.service;

import io.gantry.image.pull.ImageSource;
import io.gantry.image.pull.RegistrySource;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryClient;
import io.gantry.image.registry.RegistryClientConfig;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.registry.RegistryHosts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where images come from. */
@FunctionalInterface
interface ImageSources {
    ImageSource open(ImageReference reference, @Nullable RegistryCredentials credentials);

    /** Registries, by the rules of the host configuration. */
    static ImageSources registries(ImageServiceConfig config) {
        RegistryClient client = new RegistryClient(
                new RegistryHosts(List.of(config.registryDir())),
                RegistryClientConfig.defaults().withProgressTimeout(config.progressTimeout()));
        return (reference, credentials) -> new RegistrySource(client, reference, credentials);
    }
}

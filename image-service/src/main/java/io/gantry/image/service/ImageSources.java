package io.gantry.image.service;

import io.gantry.image.pull.BlobSpool;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.pull.RegistrySource;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RangePolicy;
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
                RegistryClientConfig.defaults().withProgressTimeout(config.progressTimeout()),
                RangePolicy.DEFAULT.withConnections(config.connectionsPerLayer()));
        BlobSpool spool = config.spool()
                ? BlobSpool.in(
                        config.root().resolve("spool"), ProcessFacts.read().bootId(), config.orphanGrace())
                : BlobSpool.off(config.root().resolve("spool"));
        return (reference, credentials) -> new RegistrySource(client, reference, credentials, spool);
    }
}

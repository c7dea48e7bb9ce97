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
import io.gantry.image.trust.RegistrySignatures;
import io.gantry.image.trust.SignatureStore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where images come from. */
@FunctionalInterface
interface ImageSources {
    ImageSource open(ImageReference reference, @Nullable RegistryCredentials credentials);

    /** Where signatures of an image are; nowhere unless the source has some. */
    default SignatureStore signatures(ImageReference reference, @Nullable RegistryCredentials credentials) {
        return _ -> List.of();
    }

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
        return new ImageSources() {
            @Override
            public ImageSource open(ImageReference reference, @Nullable RegistryCredentials credentials) {
                return new RegistrySource(client, reference, credentials, spool);
            }

            @Override
            public SignatureStore signatures(ImageReference reference, @Nullable RegistryCredentials credentials) {
                return new RegistrySignatures(client, reference, credentials);
            }
        };
    }
}

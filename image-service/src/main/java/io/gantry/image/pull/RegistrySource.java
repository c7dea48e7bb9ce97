package io.gantry.image.pull;

import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryClient;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.registry.ResolvedManifest;
import io.gantry.image.spec.Descriptor;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** An image in a registry. */
public record RegistrySource(
        RegistryClient client,
        ImageReference reference,
        @Nullable RegistryCredentials credentials) implements ImageSource {
    @Override
    public Document resolve() throws InterruptedException {
        ResolvedManifest resolved = client.resolve(reference, credentials);
        return new Document(resolved.descriptor(), resolved.bytes());
    }

    @Override
    public byte[] fetch(Descriptor descriptor) throws InterruptedException {
        return client.fetchSmall(reference, descriptor, credentials);
    }

    @Override
    public InputStream openBlob(Descriptor descriptor) throws InterruptedException {
        return client.openBlob(reference, descriptor, 0, credentials);
    }
}

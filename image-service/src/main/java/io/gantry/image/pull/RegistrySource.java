package io.gantry.image.pull;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryClient;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.registry.ResolvedManifest;
import io.gantry.image.spec.Descriptor;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * An image in a registry.
 *
 * @param spool keeps what came of large blobs when a pull is broken off
 */
public record RegistrySource(
        RegistryClient client,
        ImageReference reference,
        @Nullable RegistryCredentials credentials,
        BlobSpool spool) implements ImageSource {
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
        return openBlob(descriptor, TransferMemory.UNLIMITED);
    }

    @Override
    public InputStream openBlob(Descriptor descriptor, TransferMemory memory) throws InterruptedException {
        return spool.open(descriptor, from -> client.openBlob(reference, descriptor, from, credentials, memory));
    }
}

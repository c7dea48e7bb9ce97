package io.gantry.image.registry;

import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import org.jspecify.annotations.Nullable;

/** Sketch; replaced. */
public final class RegistryClient {
    public RegistryClient(RegistryHosts hosts, RegistryClientConfig config) {
        this.hosts = hosts;
        this.config = config;
    }

    private final RegistryHosts hosts;
    private final RegistryClientConfig config;

    /** The manifest or index that a name means, from the first endpoint that has it. */
    public ResolvedManifest resolve(ImageReference reference, @Nullable RegistryCredentials credentials)
            throws InterruptedException {
        throw new UnsupportedOperationException(hosts + " " + config);
    }

    /** A manifest or config by its digest, digest and size checked. */
    public byte[] fetchSmall(
            ImageReference reference, Descriptor descriptor, @Nullable RegistryCredentials credentials)
            throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** Opens a blob; the first connection is made before this returns. */
    public BlobStream openBlob(
            ImageReference reference, Descriptor descriptor, long offset, @Nullable RegistryCredentials credentials)
            throws InterruptedException {
        throw new UnsupportedOperationException();
    }
}

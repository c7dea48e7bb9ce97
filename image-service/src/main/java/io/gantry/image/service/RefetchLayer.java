package io.gantry.image.service;

import io.gantry.image.artifact.PullArtifact;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.pull.LayerFetcher;
import io.gantry.image.record.ImageRecord.ImageLayer;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.spec.Descriptor;
import org.jspecify.annotations.Nullable;

/**
 * Fetches one layer of an image again and puts it in the place of the damaged one. It is asked for by its digests, so it is
 * what was let in once, whatever the image's tag means by now.
 */
final class RefetchLayer {
    /** What is shown to a registry when nobody gave anything for it. */
    interface Credentials {
        @Nullable
        RegistryCredentials of(ImageReference reference) throws InterruptedException;
    }

    private final ImageSources sources;
    private final Credentials credentials;
    private final LayerFetcher fetcher;
    private final PullArtifact artifacts;
    private final LayerStore.NeededLayers mounted;

    RefetchLayer(
            ImageSources sources,
            Credentials credentials,
            LayerFetcher fetcher,
            PullArtifact artifacts,
            LayerStore.NeededLayers mounted) {
        this.sources = sources;
        this.credentials = credentials;
        this.fetcher = fetcher;
        this.artifacts = artifacts;
        this.mounted = mounted;
    }

    /**
     * @param name of the image, with its digest
     * @return false when the damaged layer stays because it is in use
     * @throws io.gantry.platform.error.GantryException as of a pull; the damaged layer stays
     */
    boolean execute(StoredImage image, Digest diffId, ImageReference name) throws InterruptedException {
        ImageSource source = sources.open(name, credentials.of(name));
        if (image.record().artifactType() != null) {
            return artifacts.replace(source, diffId, name, mounted);
        }
        ImageLayer layer = image.record().layers().get(image.diffIds().indexOf(diffId));
        Descriptor blob = Descriptor.of(layer.mediaType(), Digest.parse(layer.digest()), layer.size());
        return fetcher.replace(source, blob, diffId, name.canonical(), mounted);
    }
}

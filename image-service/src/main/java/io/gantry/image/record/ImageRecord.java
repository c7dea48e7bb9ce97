package io.gantry.image.record;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One image as it is stored.
 *
 * @param id digest of its config, {@code sha256:…}
 * @param repoTags {@code registry/repository:tag}
 * @param repoDigests {@code registry/repository@digest}, the digest being that of what the name resolved to: an index or a
 *     manifest; the one pulled last stands last
 * @param manifestDigest of the manifest for this platform
 * @param config the config document as it came
 * @param layers lowest first
 * @param size disk space of the unpacked layers and the documents, each layer counted once
 * @param annotations of the manifest
 * @param pulledAt when it got its latest name
 * @param artifactType what an artifact is, null for an image that can run; an artifact's id is its manifest's digest and
 *     its config is made up
 */
public record ImageRecord(
        String id,
        List<String> repoTags,
        List<String> repoDigests,
        String manifestDigest,
        String config,
        List<ImageLayer> layers,
        long size,
        Map<String, String> annotations,
        Instant pulledAt,
        @Nullable String artifactType) {
    /** Version of this record's form. */
    static final int SCHEMA = 1;

    /** An image that can run. */
    public ImageRecord(
            String id,
            List<String> repoTags,
            List<String> repoDigests,
            String manifestDigest,
            String config,
            List<ImageLayer> layers,
            long size,
            Map<String, String> annotations,
            Instant pulledAt) {
        this(id, repoTags, repoDigests, manifestDigest, config, layers, size, annotations, pulledAt, null);
    }

    public ImageRecord {
        repoTags = List.copyOf(repoTags);
        repoDigests = List.copyOf(repoDigests);
        layers = List.copyOf(layers);
        annotations = Map.copyOf(annotations);
    }

    /**
     * A layer of an image.
     *
     * @param diffId digest of its tar stream
     * @param digest of the blob it came in
     * @param size of that blob
     * @param mediaType of that blob
     */
    public record ImageLayer(String diffId, String digest, long size, String mediaType) {}

    ImageRecord withNames(List<String> newTags, List<String> newDigests) {
        return new ImageRecord(
                id, newTags, newDigests, manifestDigest, config, layers, size, annotations, pulledAt, artifactType);
    }
}

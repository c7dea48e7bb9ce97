package io.gantry.image.spec;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.Platform;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pointer to content: what it is, its digest and its size in bytes.
 *
 * @param urls other places that have the content; Gantry only reports them
 * @param platform for which platform a manifest in an index is, null when the index does not say
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/descriptor.md">image-spec, descriptor</a>
 */
public record Descriptor(
        String mediaType,
        Digest digest,
        long size,
        List<String> urls,
        Map<String, String> annotations,
        @Nullable Platform platform,
        @Nullable String artifactType) {
    public Descriptor {
        if (size < 0) {
            throw new IllegalArgumentException("size of " + digest + " is negative: " + size);
        }
        urls = List.copyOf(urls);
        annotations = Map.copyOf(annotations);
    }

    /** A descriptor with the three fields that every one has. */
    public static Descriptor of(String mediaType, Digest digest, long size) {
        return new Descriptor(mediaType, digest, size, List.of(), Map.of(), null, null);
    }
}

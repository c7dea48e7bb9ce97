package io.gantry.image.snapshot;

import java.time.Instant;
import java.util.List;

/**
 * What is known of a snapshot.
 *
 * @param imageId of the image it was made of, {@code sha256:…}; the image may be gone since
 * @param layers diffIDs, lowest first
 * @param readOnly whether it has no writable directory
 */
public record SnapshotRecord(
        int schema, String key, String imageId, List<String> layers, boolean readOnly, Instant createdAt) {
    static final int SCHEMA = 1;

    public SnapshotRecord {
        layers = List.copyOf(layers);
    }
}

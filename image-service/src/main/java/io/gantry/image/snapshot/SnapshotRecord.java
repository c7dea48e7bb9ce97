package io.gantry.image.snapshot;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a snapshot.
 *
 * @param imageId of the image it was made of, {@code sha256:…}; the image may be gone since
 * @param layers diffIDs, lowest first
 * @param readOnly whether it has no writable directory
 * @param idMap the user namespace whose ids the files show, or null for the host's
 * @param owner key of the snapshot that this one goes with, or null when it stands for itself
 * @param mountPoint where one with an owner is mounted; null for others, whose callers know
 */
public record SnapshotRecord(
        int schema,
        String key,
        String imageId,
        List<String> layers,
        boolean readOnly,
        Instant createdAt,
        @Nullable IdMap idMap,
        @Nullable String owner,
        @Nullable Path mountPoint) {
    static final int SCHEMA = 1;

    public SnapshotRecord {
        layers = List.copyOf(layers);
    }

    static SnapshotRecord of(SnapshotRequest request) {
        return new SnapshotRecord(
                SCHEMA,
                request.key(),
                request.imageId(),
                request.topFirst().reversed().stream()
                        .map(layer -> layer.record().diffId())
                        .toList(),
                request.readOnly(),
                Instant.now(),
                request.idMap(),
                request.owner(),
                request.owner() == null ? null : request.mountPoint());
    }
}

package io.gantry.image.snapshot;

import io.gantry.image.layer.Layer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot to be made and mounted.
 *
 * @param key 1 to 128 letters, digits, {@code _ . -}
 * @param imageId of the image it is made of, {@code sha256:…}
 * @param topFirst layers of the image, topmost first
 * @param mountPoint made when missing
 * @param idMap the user namespace whose ids the files show, or null for the host's
 * @param owner key of the snapshot that this one goes with, or null when it stands for itself
 */
public record SnapshotRequest(
        String key,
        String imageId,
        List<Layer> topFirst,
        Path mountPoint,
        boolean readOnly,
        @Nullable IdMap idMap,
        @Nullable String owner) {
    public SnapshotRequest {
        topFirst = List.copyOf(topFirst);
    }
}

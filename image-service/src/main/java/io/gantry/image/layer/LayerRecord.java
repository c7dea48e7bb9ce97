package io.gantry.image.layer;

import io.gantry.image.extract.LayerContents;
import io.gantry.image.reference.Digest;
import java.time.Instant;
import java.util.List;

/**
 * What is known of a stored layer.
 *
 * @param diffId digest of its tar stream, {@code sha256:…}
 * @param bytes disk space, see {@link LayerContents}
 * @param impliedDirectories see {@link LayerContents}
 * @param opaqueRoot whether it hides everything below it
 */
public record LayerRecord(
        int schema,
        String diffId,
        long bytes,
        long inodes,
        List<String> impliedDirectories,
        boolean opaqueRoot,
        Instant createdAt) {
    static final int SCHEMA = 1;

    public LayerRecord {
        impliedDirectories = List.copyOf(impliedDirectories);
    }

    static LayerRecord of(Digest diffId, LayerContents contents, Instant createdAt) {
        return new LayerRecord(
                SCHEMA,
                diffId.toString(),
                contents.bytes(),
                contents.inodes(),
                contents.impliedDirectories(),
                contents.opaqueRoot(),
                createdAt);
    }
}

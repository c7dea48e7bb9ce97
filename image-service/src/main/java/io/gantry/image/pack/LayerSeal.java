package io.gantry.image.pack;

import java.time.Instant;

/**
 * What a layer's files were when they were looked at first.
 *
 * @param tarDigest digest of the stream that {@link LayerTar} makes of them, {@code sha256:…}
 * @param tarBytes its length
 */
public record LayerSeal(int schema, String tarDigest, long tarBytes, Instant sealedAt) {
    static final int SCHEMA = 1;
}

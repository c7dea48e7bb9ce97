package io.gantry.image.trust;

import org.jspecify.annotations.Nullable;

/**
 * A signature and what it was made over.
 *
 * @param form says how the payload names the image
 * @param payload the signed document
 * @param message the bytes that were signed: the payload, or its DSSE encoding
 * @param certificate PEM, null for one by a key
 * @param chain PEM of the certificates between it and the root, empty when there are none
 * @param logEntry of the transparency log, null when it has none
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record SignedClaim(
        Form form,
        byte[] payload,
        byte[] message,
        byte[] signature,
        @Nullable String certificate,
        String chain,
        @Nullable LogEntry logEntry) {
    /** How a payload names an image. */
    public enum Form {
        /** {@code critical.image.docker-manifest-digest}. */
        SIMPLE_SIGNING,
        /** A statement of in-toto: {@code subject[].digest}. */
        IN_TOTO,
        /** Anything else in an envelope, which is no signature of an image. */
        OTHER
    }

    /**
     * An entry of Rekor with its promise to include it.
     *
     * @param body the entry, base64
     * @param logId hexadecimal
     * @param promise signature by the log's key over the four
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record LogEntry(String body, long integratedTime, long logIndex, String logId, byte[] promise) {}
}

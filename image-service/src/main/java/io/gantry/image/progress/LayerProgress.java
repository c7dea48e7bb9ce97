package io.gantry.image.progress;

/**
 * One layer of a pull at one moment.
 *
 * @param digest of its blob, {@code sha256:…}
 * @param size of its blob in bytes
 * @param received bytes of it that have come; all of them when it was there already
 */
public record LayerProgress(String digest, long size, long received, State state) {
    /** What is done with a layer. */
    public enum State {
        /** Nothing has come yet. */
        WAITING,
        /** Bytes come, and are unpacked as they come. */
        PULLING,
        /** All bytes have come. */
        RECEIVED
    }
}

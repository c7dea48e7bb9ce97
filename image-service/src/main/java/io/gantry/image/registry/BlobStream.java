package io.gantry.image.registry;

import io.gantry.image.codec.BulkInputStream;

/**
 * The bytes of one blob from {@code offset} to its end, which goes on by itself after broken connections and on other
 * mirrors. The stream is read to its end or fails: {@code -1} comes only after exactly the descriptor's size; when it was
 * opened at offset 0 the digest has been checked as well, so the reader need not hash again.
 *
 * <p>Errors: {@code read} throws {@link io.gantry.platform.error.GantryException} (unchecked: it passes through
 * decompressors unchanged) when the blob cannot be had, and {@link java.io.InterruptedIOException} with the interrupt flag
 * set when the reading thread is interrupted. May be read on platform and on virtual threads, by one thread at a time;
 * {@link #close()} may be called from any thread at any time, ends a blocked read and drops the connection at once.
 */
public abstract sealed class BlobStream extends BulkInputStream permits ResumingBlobStream {
    /** Bytes handed out so far, plus the offset. */
    public abstract long position();

    /** How many times the stream had to connect again. */
    public abstract int reconnects();

    /** Stops the download; idempotent and without errors. */
    @Override
    public abstract void close();
}

package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** Hashes and counts a stream while it is handed on, and refuses one that is longer than allowed. */
public final class HashingFeed implements ByteFeed {
    private final ByteFeed source;
    private final MessageDigest hash;
    private final long maxBytes;
    private long count;
    private @Nullable ByteBuffer seen;

    public HashingFeed(ByteFeed source, MessageDigest hash, long maxBytes) {
        this.source = source;
        this.hash = hash;
        this.maxBytes = maxBytes;
    }

    @Override
    public @Nullable ByteBuffer chunk() throws IOException, InterruptedException {
        ByteBuffer current = seen;
        if (current != null && current.hasRemaining()) {
            return current;
        }
        ByteBuffer next = source.chunk();
        seen = next;
        if (next != null) {
            count += next.remaining();
            if (count > maxBytes) {
                throw new StreamTooLongException(maxBytes);
            }
            hash.update(next.duplicate());
        }
        return next;
    }

    /** Bytes handed on so far. */
    public long count() {
        return count;
    }

    /** A stream that is longer than allowed. */
    public static final class StreamTooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        /** @param maxBytes that are allowed */
        public StreamTooLongException(long maxBytes) {
            super("it unpacks to more than " + maxBytes + " bytes");
        }
    }
}

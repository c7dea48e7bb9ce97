package io.gantry.image.codec;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Zstandard where libzstd is not installed: by the native library that aircompressor carries, or its Java code where that
 * cannot be loaded.
 */
final class ZstdDecoder implements LayerDecoder {
    /** The largest window that builders of images use. */
    static final int USUAL_WINDOW = 8 << 20;

    private static final int BUFFER_BYTES = 128 * 1024;

    private final ZstdInputStream stream;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    ZstdDecoder(ByteFeed blob) {
        stream = ZstdInputStream.create(new FeedStream(blob));
    }

    @Override
    public boolean decode(ByteBuffer target) throws IOException, InterruptedException {
        int before = target.position();
        try {
            while (target.hasRemaining()) {
                int count = stream.read(buffer, 0, Math.min(buffer.length, target.remaining()));
                if (count < 0) {
                    break;
                }
                target.put(buffer, 0, count);
            }
        } catch (MalformedInputException e) {
            throw new IOException("invalid zstd stream: " + e.getMessage(), e);
        } catch (FeedInterruptedException e) {
            throw (InterruptedException) new InterruptedException("interrupted while decoding zstd").initCause(e);
        }
        return target.position() > before;
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The blob as the library wants to read it. */
    private static final class FeedStream extends BulkInputStream {
        private final ByteFeed blob;

        FeedStream(ByteFeed blob) {
            this.blob = blob;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            if (length == 0) {
                return 0;
            }
            try {
                ByteBuffer chunk = blob.chunk();
                if (chunk == null) {
                    return -1;
                }
                int count = Math.min(length, chunk.remaining());
                chunk.get(target, offset, count);
                return count;
            } catch (InterruptedException e) {
                throw new FeedInterruptedException();
            }
        }
    }

    /** Carries an interruption through the library's stream. */
    private static final class FeedInterruptedException extends InterruptedIOException {
        private static final long serialVersionUID = 1L;
    }
}

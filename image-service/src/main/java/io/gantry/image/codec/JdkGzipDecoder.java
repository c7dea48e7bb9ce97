package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Gzip by the JDK's inflater, straight from and to direct buffers. The CRC of a member is not computed: the caller checks
 * the SHA-256 of everything that comes out.
 */
final class JdkGzipDecoder implements LayerDecoder {
    private static final int FLAG_HEADER_CRC = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;
    private static final int TRAILER_BYTES = 8;

    private final ByteFeed blob;
    private final Inflater inflater = new Inflater(true);
    private boolean inMember;
    private boolean started;
    private boolean ended;

    JdkGzipDecoder(ByteFeed blob) {
        this.blob = blob;
    }

    @Override
    public boolean decode(ByteBuffer target) throws IOException, InterruptedException {
        int before = target.position();
        while (target.hasRemaining() && !ended) {
            if (!inMember) {
                beginMember();
            } else {
                inflate(target);
            }
        }
        return target.position() > before;
    }

    private void inflate(ByteBuffer target) throws IOException, InterruptedException {
        try {
            int count = inflater.inflate(target);
            if (inflater.finished()) {
                skip(TRAILER_BYTES);
                inMember = false;
            } else if (inflater.needsDictionary()) {
                throw new IOException("invalid gzip stream: it wants a dictionary");
            } else if (count == 0 && inflater.needsInput()) {
                ByteBuffer chunk = blob.chunk();
                if (chunk == null) {
                    throw endsTooEarly();
                }
                inflater.setInput(chunk);
            }
        } catch (DataFormatException e) {
            throw new IOException("invalid gzip stream: " + e.getMessage(), e);
        }
    }

    private void beginMember() throws IOException, InterruptedException {
        if (started && !GzipPadding.nextMember(blob)) {
            ended = true;
            return;
        }
        started = true;
        if (read() != 0x1F || read() != 0x8B || read() != 8) {
            throw new IOException("invalid gzip header");
        }
        int flags = read();
        skip(6);
        if ((flags & FLAG_EXTRA) != 0) {
            skip(read() | read() << 8);
        }
        if ((flags & FLAG_NAME) != 0) {
            skipText();
        }
        if ((flags & FLAG_COMMENT) != 0) {
            skipText();
        }
        if ((flags & FLAG_HEADER_CRC) != 0) {
            skip(2);
        }
        inflater.reset();
        inMember = true;
    }

    private void skipText() throws IOException, InterruptedException {
        int last;
        do {
            last = read();
        } while (last != 0);
    }

    private void skip(int count) throws IOException, InterruptedException {
        for (int i = 0; i < count; i++) {
            read();
        }
    }

    private int read() throws IOException, InterruptedException {
        ByteBuffer chunk = blob.chunk();
        if (chunk == null) {
            throw endsTooEarly();
        }
        return chunk.get() & 0xFF;
    }

    private static IOException endsTooEarly() {
        return new IOException("gzip stream ends too early");
    }

    @Override
    public void close() {
        inflater.end();
    }
}

package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/** A whole file as it is, from its beginning; the file stays the caller's to close. */
public final class FileFeed implements ByteFeed {
    private static final int BUFFER_BYTES = 256 << 10;

    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
    private long position;

    public FileFeed(FileChannel file) {
        this.file = file;
    }

    @Override
    public @Nullable ByteBuffer chunk() throws IOException, InterruptedException {
        if (buffer.hasRemaining()) {
            return buffer;
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while reading an archive");
        }
        buffer.clear();
        int count = file.read(buffer, position);
        buffer.flip();
        if (count <= 0) {
            return null;
        }
        position += count;
        return buffer;
    }
}

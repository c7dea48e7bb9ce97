package io.gantry.image.extract;

import io.gantry.image.codec.ByteFeed;
import io.gantry.image.codec.FileFeed;
import io.gantry.image.codec.LayerCompression;
import io.gantry.image.codec.LayerDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The tar stream of an archive on disk, inflated when it is compressed. */
final class ArchiveFeed implements ByteFeed, AutoCloseable {
    private static final int BUFFER_BYTES = 256 << 10;

    private final FileChannel file;
    private final LayerDecoder decoder;
    private final long maxBytes;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
    private long given;

    private ArchiveFeed(FileChannel file, LayerDecoder decoder, long maxBytes) {
        this.file = file;
        this.decoder = decoder;
        this.maxBytes = maxBytes;
    }

    /** @param maxBytes longest tar stream that is accepted */
    static ArchiveFeed open(Path archive, long maxBytes) throws IOException, InterruptedException {
        FileChannel file = FileChannel.open(archive, StandardOpenOption.READ);
        try {
            return new ArchiveFeed(file, LayerCompression.open(new FileFeed(file)), maxBytes);
        } catch (IOException | InterruptedException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public @Nullable ByteBuffer chunk() throws IOException, InterruptedException {
        if (buffer.hasRemaining()) {
            return buffer;
        }
        buffer.clear();
        boolean more = decoder.decode(buffer);
        buffer.flip();
        given += buffer.remaining();
        if (given > maxBytes) {
            throw new LayerTooLargeException("it unpacks to more than " + maxBytes + " bytes");
        }
        return more ? buffer : null;
    }

    @Override
    public void close() throws IOException {
        decoder.close();
        file.close();
    }
}

package io.gantry.image.archive;

import io.gantry.image.codec.BulkInputStream;
import io.gantry.image.codec.ByteFeed;
import io.gantry.image.codec.FileFeed;
import io.gantry.image.codec.LayerCompression;
import io.gantry.image.codec.LayerDecoder;
import io.gantry.image.extract.TarIndex;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Files in a tar archive. A compressed one is first inflated to a file without a name, gone with the process. */
final class TarFiles implements ArchiveFiles {
    private static final int BUFFER_BYTES = 256 << 10;

    private final FileChannel archive;
    private final TarIndex index;

    private TarFiles(FileChannel archive, TarIndex index) {
        this.archive = archive;
        this.index = index;
    }

    /**
     * @param scratch directory for an inflated copy, when one is needed
     * @param maxBytes longest archive that is inflated
     */
    static TarFiles open(Path file, Path scratch, long maxBytes) throws IOException, InterruptedException {
        FileChannel archive = FileChannel.open(file, StandardOpenOption.READ);
        try {
            if (LayerCompression.of(archive) != LayerCompression.NONE) {
                try (FileChannel compressed = archive) {
                    archive = inflate(new FileFeed(compressed), scratch, maxBytes);
                }
            }
            return new TarFiles(archive, TarIndex.of(archive));
        } catch (IOException | RuntimeException | InterruptedException e) {
            archive.close();
            throw e;
        }
    }

    /** The same from a stream, which need not be compressed. */
    static TarFiles receive(InputStream in, Path scratch, long maxBytes) throws IOException, InterruptedException {
        FileChannel archive = inflate(new StreamFeed(in), scratch, maxBytes);
        try {
            return new TarFiles(archive, TarIndex.of(archive));
        } catch (IOException | RuntimeException | InterruptedException e) {
            archive.close();
            throw e;
        }
    }

    private static FileChannel inflate(ByteFeed feed, Path scratch, long maxBytes)
            throws IOException, InterruptedException {
        FileChannel plain = FileChannel.open(
                scratch.resolve(".import-" + Long.toHexString(System.nanoTime())),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.DELETE_ON_CLOSE);
        try (LayerDecoder decoder = LayerCompression.open(feed)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
            boolean more = true;
            while (more) {
                more = decoder.decode(buffer);
                buffer.flip();
                while (buffer.hasRemaining()) {
                    plain.write(buffer);
                }
                buffer.clear();
                if (plain.position() > maxBytes) {
                    throw new IOException("it unpacks to more than " + maxBytes + " bytes");
                }
            }
            return plain;
        } catch (IOException | RuntimeException | InterruptedException e) {
            plain.close();
            throw e;
        }
    }

    @Override
    public @Nullable InputStream open(String name) {
        TarIndex.Extent extent = index.find(name);
        return extent == null ? null : new ExtentStream(archive, extent);
    }

    @Override
    public long size(String name) {
        TarIndex.Extent extent = index.find(name);
        return extent == null ? -1 : extent.size();
    }

    @Override
    public void close() throws IOException {
        archive.close();
    }

    /** A stream from elsewhere. */
    private static final class StreamFeed implements ByteFeed {
        private final InputStream in;
        private final byte[] piece = new byte[BUFFER_BYTES];
        private final ByteBuffer buffer =
                ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);

        StreamFeed(InputStream in) {
            this.in = in;
        }

        @Override
        public @Nullable ByteBuffer chunk() throws IOException, InterruptedException {
            if (buffer.hasRemaining()) {
                return buffer;
            }
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while reading an archive");
            }
            int count = in.read(piece);
            if (count <= 0) {
                return null;
            }
            buffer.clear().put(piece, 0, count).flip();
            return buffer;
        }
    }

    /** One member; independent of all others. */
    private static final class ExtentStream extends BulkInputStream {
        private final FileChannel archive;
        private final TarIndex.Extent extent;
        private long at;

        ExtentStream(FileChannel archive, TarIndex.Extent extent) {
            this.archive = archive;
            this.extent = extent;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            if (at >= extent.size()) {
                return -1;
            }
            int wanted = (int) Math.min(length, extent.size() - at);
            int count = archive.read(ByteBuffer.wrap(target, offset, wanted), extent.offset() + at);
            if (count < 0) {
                throw new IOException("archive is cut off");
            }
            at += count;
            return count;
        }
    }
}

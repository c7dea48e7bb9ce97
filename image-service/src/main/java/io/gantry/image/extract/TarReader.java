package io.gantry.image.extract;

import io.gantry.image.codec.ByteFeed;
import io.gantry.platform.linux.PathBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar stream: V7, ustar, PAX and GNU, with long names, sparse files (old GNU, PAX 0.0, 0.1 and 1.0) and extended
 * attributes ({@code SCHILY.xattr}). Names and attribute values come out byte for byte, headers are never larger in
 * memory than {@link #MAX_HEADER_BYTES}, and data is handed through without a copy: the reasons not to use a library here.
 */
final class TarReader {
    /** Longest PAX header or long name; GNU tar and Go have the same order of limit. */
    static final int MAX_HEADER_BYTES = 1 << 20;

    /** Takes data of an entry: from the buffer's position to its limit, all of it. */
    interface DataSink {
        void accept(ByteBuffer data) throws IOException;
    }

    private final ByteFeed feed;
    private final byte[] block = new byte[TarHeader.BLOCK];
    private long dataLeft;
    private int paddingLeft;

    TarReader(ByteFeed feed) {
        this.feed = feed;
    }

    /**
     * The next member; what was not read of the one before is skipped.
     *
     * @return null at the end of the archive
     * @throws TarException when the stream is damaged or cut off
     */
    @Nullable
    TarEntry next() throws IOException, InterruptedException {
        PaxRecords pax = new PaxRecords();
        String longName = null;
        String longLink = null;
        while (true) {
            skipRest();
            TarHeader header = readHeader();
            if (header == null) {
                if (longName != null || longLink != null || pax.has("path")) {
                    throw new TarException("tar stream ends after an extended header");
                }
                return null;
            }
            switch (header.type()) {
                case 'x' -> pax.parse(payload(header));
                case 'g' -> setData(header.size());
                case 'L' -> longName = name(payload(header));
                case 'K' -> longLink = name(payload(header));
                default -> {
                    return new TarEntryBuilder(this, header, pax, longName, longLink).build();
                }
            }
        }
    }

    /** Hands {@code count} bytes of the entry's data to a sink. */
    void copyData(long count, DataSink sink) throws IOException, InterruptedException {
        if (count > dataLeft) {
            throw new TarException("an entry holds less data than its sparse map wants");
        }
        long left = count;
        while (left > 0) {
            ByteBuffer chunk = requireChunk();
            int take = (int) Math.min(left, chunk.remaining());
            int limit = chunk.limit();
            chunk.limit(chunk.position() + take);
            sink.accept(chunk);
            chunk.position(chunk.limit());
            chunk.limit(limit);
            left -= take;
            dataLeft -= take;
        }
    }

    /** Reads up to the end of the stream: what follows the archive's end mark belongs to the layer's digest. */
    void drain() throws IOException, InterruptedException {
        for (ByteBuffer chunk = feed.chunk(); chunk != null; chunk = feed.chunk()) {
            chunk.position(chunk.limit());
        }
    }

    /** The data of the entry is {@code size} bytes from here on, padded to whole blocks. */
    void setData(long size) {
        dataLeft = size;
        paddingLeft = (int) (-size & (TarHeader.BLOCK - 1));
    }

    long dataLeft() {
        return dataLeft;
    }

    /** One data block of the entry, copied: for maps that precede the data. */
    byte[] dataBlock() throws IOException, InterruptedException {
        if (dataLeft < TarHeader.BLOCK) {
            throw new TarException("sparse map is cut off");
        }
        byte[] copy = new byte[TarHeader.BLOCK];
        readFully(copy);
        dataLeft -= TarHeader.BLOCK;
        return copy;
    }

    /** A block that follows the header and is not counted in the entry's size. */
    byte[] extensionBlock() throws IOException, InterruptedException {
        byte[] copy = new byte[TarHeader.BLOCK];
        readFully(copy);
        return copy;
    }

    private @Nullable TarHeader readHeader() throws IOException, InterruptedException {
        if (feed.chunk() == null) {
            return null;
        }
        readFully(block);
        TarHeader header = new TarHeader(block);
        if (!header.isZero()) {
            header.verify();
            return header;
        }
        if (feed.chunk() != null) {
            readFully(block);
            if (!header.isZero()) {
                throw new TarException("tar stream goes on after a single zero block");
            }
        }
        return null;
    }

    private void skipRest() throws IOException, InterruptedException {
        long left = dataLeft + paddingLeft;
        left -= left == 0 ? 0 : feed.skip(left);
        while (left > 0) {
            ByteBuffer chunk = requireChunk();
            int take = (int) Math.min(left, chunk.remaining());
            chunk.position(chunk.position() + take);
            left -= take;
        }
        dataLeft = 0;
        paddingLeft = 0;
    }

    private byte[] payload(TarHeader header) throws IOException, InterruptedException {
        long size = header.size();
        if (size > MAX_HEADER_BYTES) {
            throw new TarException(
                    "extended tar header of " + size + " bytes, at most " + MAX_HEADER_BYTES + " are accepted");
        }
        setData(size);
        byte[] bytes = new byte[(int) size];
        readFully(bytes);
        dataLeft = 0;
        return bytes;
    }

    private static String name(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return PathBytes.decode(bytes, 0, end);
    }

    private void readFully(byte[] target) throws IOException, InterruptedException {
        int at = 0;
        while (at < target.length) {
            ByteBuffer chunk = requireChunk();
            int take = Math.min(target.length - at, chunk.remaining());
            chunk.get(target, at, take);
            at += take;
        }
    }

    private ByteBuffer requireChunk() throws IOException, InterruptedException {
        ByteBuffer chunk = feed.chunk();
        if (chunk == null) {
            throw new TarException("tar stream is cut off");
        }
        return chunk;
    }

    /** What an entry without extensions has. */
    static final Map<String, byte[]> NO_XATTRS = Map.of();
}

package io.gantry.image.codec;

import io.gantry.image.budget.TransferMemory;
import io.gantry.platform.linux.IsalInflater;
import io.gantry.platform.linux.ZstdInflater;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * How a layer blob is compressed. The first bytes decide, not the media type: registries hold blobs whose type does not
 * say what they are.
 */
public enum LayerCompression {
    /** RFC 1952, any number of members. */
    GZIP,
    /** RFC 8878, any number of frames, skippable ones among them. */
    ZSTD,
    /** A bare tar stream. */
    NONE;

    /** Recognises a format by its first bytes; what is neither gzip nor zstd is taken for tar. */
    static LayerCompression sniff(ByteBuffer start) {
        if (startsWith(start, 0x1F, 0x8B)) {
            return GZIP;
        }
        if (startsWith(start, 0x28, 0xB5, 0x2F, 0xFD)) {
            return ZSTD;
        }
        // A zstd stream may open with a skippable frame: 0x184D2A50 to 0x184D2A5F, little endian.
        for (int first = 0x50; first <= 0x5F; first++) {
            if (startsWith(start, first, 0x2A, 0x4D, 0x18)) {
                return ZSTD;
            }
        }
        return NONE;
    }

    private static boolean startsWith(ByteBuffer start, int... magic) {
        if (start.remaining() < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((start.get(start.position() + i) & 0xFF) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** Recognises the format of a file. */
    public static LayerCompression of(FileChannel file) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(4);
        file.read(start, 0);
        return sniff(start.flip());
    }

    /**
     * Looks at the first bytes and opens the fastest decoder that this host has for them.
     *
     * @throws IOException when the stream is empty or breaks before its first byte
     */
    public static LayerDecoder open(ByteFeed blob) throws IOException, InterruptedException {
        return open(blob, TransferMemory.UNLIMITED);
    }

    /**
     * The same with memory out of a budget: the window of a zstd frame may be many megabytes, and is asked for when the
     * frame begins.
     */
    public static LayerDecoder open(ByteFeed blob, TransferMemory memory) throws IOException, InterruptedException {
        ByteBuffer first = blob.chunk();
        if (first == null) {
            throw new IOException("the layer is empty, it has not even the end of a tar stream");
        }
        return switch (sniff(first)) {
            case GZIP -> IsalInflater.isAvailable() ? new IsalGzipDecoder(blob) : new JdkGzipDecoder(blob);
            case ZSTD -> ZstdInflater.isAvailable() ? new LibzstdDecoder(blob, memory) : fallback(blob, memory);
            case NONE -> new PlainDecoder(blob);
        };
    }

    private static LayerDecoder fallback(ByteFeed blob, TransferMemory memory) throws InterruptedException {
        memory.require(ZstdDecoder.USUAL_WINDOW);
        return new ZstdDecoder(blob);
    }
}

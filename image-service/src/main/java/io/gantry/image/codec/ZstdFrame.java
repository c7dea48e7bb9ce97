package io.gantry.image.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What the head of a zstd frame says about the memory that decoding it takes.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1">RFC 8878 section 3.1.1</a>
 */
final class ZstdFrame {
    /** Longest head: magic number, descriptor, window, dictionary id and content size. */
    static final int MAX_HEAD_BYTES = 18;

    private static final int MAGIC = 0xFD2FB528;

    private ZstdFrame() {}

    /**
     * Bytes of the window that the frame wants; 0 for a skippable frame, and for bytes that are no whole head: the decoder
     * will say what is wrong with them.
     */
    static long window(ByteBuffer start) {
        ByteBuffer head = start.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (head.remaining() < 6 || head.getInt() != MAGIC) {
            return 0;
        }
        int descriptor = head.get() & 0xFF;
        boolean singleSegment = (descriptor & 0x20) != 0;
        if (!singleSegment) {
            int window = head.get() & 0xFF;
            long base = 1L << 10 + (window >>> 3);
            return base + (base >>> 3) * (window & 7);
        }
        int dictionaryBytes = new int[] {0, 1, 2, 4}[descriptor & 3];
        int sizeFlag = descriptor >>> 6;
        int sizeBytes = 1 << sizeFlag;
        if (head.remaining() < dictionaryBytes + sizeBytes) {
            return 0;
        }
        head.position(head.position() + dictionaryBytes);
        long size = switch (sizeFlag) {
            case 0 -> head.get() & 0xFF;
            case 1 -> (head.getShort() & 0xFFFF) + 256;
            case 2 -> head.getInt() & 0xFFFFFFFFL;
            default -> head.getLong();
        };
        return size < 0 ? Long.MAX_VALUE : size;
    }
}

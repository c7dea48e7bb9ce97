package io.gantry.image.extract;

import io.gantry.platform.linux.PathBytes;
import java.nio.charset.StandardCharsets;

/**
 * One 512-byte header block.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06">POSIX, ustar
 *     interchange format</a>
 * @see <a href="https://www.gnu.org/software/tar/manual/html_node/Standard.html">GNU tar, basic tar format</a>
 */
final class TarHeader {
    static final int BLOCK = 512;

    private static final int NAME = 0;
    private static final int MODE = 100;
    private static final int UID = 108;
    private static final int GID = 116;
    private static final int SIZE = 124;
    private static final int MTIME = 136;
    private static final int CHECKSUM = 148;
    private static final int TYPE = 156;
    private static final int LINK_NAME = 157;
    private static final int MAGIC = 257;
    private static final int MAJOR = 329;
    private static final int MINOR = 337;
    private static final int PREFIX = 345;
    private static final int STAR_TRAILER = 508;

    private final byte[] block;

    TarHeader(byte[] block) {
        this.block = block;
    }

    boolean isZero() {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /** @throws TarException when the checksum is not that of the block, so that this is no header at all */
    void verify() throws TarException {
        long wanted;
        try {
            wanted = number(CHECKSUM, 8, "checksum");
        } catch (TarException e) {
            wanted = -1;
        }
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < BLOCK; i++) {
            byte b = i >= CHECKSUM && i < CHECKSUM + 8 ? (byte) ' ' : block[i];
            unsigned += b & 0xFF;
            signed += b;
        }
        if (wanted != unsigned && wanted != signed) {
            throw new TarException("not a tar header (wrong checksum)");
        }
    }

    char type() {
        return (char) (block[TYPE] & 0xFF);
    }

    String name() {
        String name = text(NAME, 100);
        if (!hasMagic("ustar\0")) {
            return name;
        }
        boolean star = "tar\0".equals(new String(block, STAR_TRAILER, 4, StandardCharsets.ISO_8859_1));
        String prefix = text(PREFIX, star ? 131 : 155);
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    String linkName() {
        return text(LINK_NAME, 100);
    }

    long mode() throws TarException {
        return number(MODE, 8, "mode");
    }

    long uid() throws TarException {
        return number(UID, 8, "user id");
    }

    long gid() throws TarException {
        return number(GID, 8, "group id");
    }

    long size() throws TarException {
        long size = number(SIZE, 12, "size");
        if (size < 0) {
            throw new TarException("size in a tar header is negative");
        }
        return size;
    }

    long mtime() throws TarException {
        return number(MTIME, 12, "time");
    }

    long major() throws TarException {
        return isV7() ? 0 : number(MAJOR, 8, "device number");
    }

    long minor() throws TarException {
        return isV7() ? 0 : number(MINOR, 8, "device number");
    }

    private boolean isV7() {
        return !hasMagic("ustar");
    }

    private boolean hasMagic(String magic) {
        return new String(block, MAGIC, magic.length(), StandardCharsets.ISO_8859_1).equals(magic);
    }

    private String text(int offset, int length) {
        int end = 0;
        while (end < length && block[offset + end] != 0) {
            end++;
        }
        return PathBytes.decode(block, offset, end);
    }

    long number(int offset, int length, String what) throws TarException {
        if ((block[offset] & 0x80) != 0) {
            return binary(offset, length, what);
        }
        long value = 0;
        int i = offset;
        int end = offset + length;
        while (i < end && (block[i] == ' ' || block[i] == 0)) {
            i++;
        }
        for (; i < end && block[i] != ' ' && block[i] != 0; i++) {
            if (block[i] < '0' || block[i] > '7') {
                throw new TarException(what + " in a tar header is not a number");
            }
            value = value << 3 | (block[i] - '0');
        }
        return value;
    }

    /** GNU's base-256 numbers: two's complement, the first bit being the mark. */
    private long binary(int offset, int length, String what) throws TarException {
        boolean negative = (block[offset] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int b = block[offset + i] & 0xFF;
            if (i == 0) {
                b = negative ? b | 0x80 : b & 0x7F;
            }
            long top = value >> 55;
            if (top != 0 && top != -1) {
                throw new TarException(what + " in a tar header is too large");
            }
            value = value << 8 | b;
        }
        return value;
    }

    byte at(int offset) {
        return block[offset];
    }
}

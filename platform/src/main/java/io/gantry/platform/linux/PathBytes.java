package io.gantry.platform.linux;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * File names as the kernel has them (any bytes but NUL) and as Java has them. UTF-8 both ways; a byte that is not part of
 * valid UTF-8 becomes the lone surrogate U+DC00 + byte and back, so that every name survives the round trip unchanged.
 */
public final class PathBytes {
    private PathBytes() {}

    /** The bytes of a path with the final NUL that C wants. @throws ErrnoException EINVAL when the path has a NUL inside */
    static byte[] terminated(String path) {
        int length = path.length();
        byte[] bytes = new byte[length + 1];
        for (int i = 0; i < length; i++) {
            char c = path.charAt(i);
            if (c >= 0x80 || c == 0) {
                return slow(path);
            }
            bytes[i] = (byte) c;
        }
        return bytes;
    }

    private static byte[] slow(String path) {
        if (path.indexOf('\0') >= 0) {
            throw new ErrnoException(Errno.EINVAL, "path", path.replace('\0', '?') + " (holds a NUL byte)");
        }
        byte[] plain = encode(path);
        byte[] bytes = new byte[plain.length + 1];
        System.arraycopy(plain, 0, bytes, 0, plain.length);
        return bytes;
    }

    /** The bytes of a path, without a final NUL. */
    public static byte[] encode(String path) {
        boolean escaped = false;
        for (int i = 0; i < path.length() && !escaped; i++) {
            escaped = isEscape(path.charAt(i));
        }
        if (!escaped) {
            return path.getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(path.length() + 8);
        for (int i = 0; i < path.length(); ) {
            char c = path.charAt(i);
            int codePoint = path.codePointAt(i);
            if (isEscape(c)) {
                out.write(c - 0xDC00);
                i++;
            } else {
                out.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(codePoint);
            }
        }
        return out.toByteArray();
    }

    private static boolean isEscape(char c) {
        return c >= 0xDC80 && c <= 0xDCFF;
    }

    /** The path that {@code length} bytes from {@code offset} stand for. */
    public static String decode(byte[] bytes, int offset, int length) {
        boolean ascii = true;
        for (int i = offset; i < offset + length && ascii; i++) {
            ascii = bytes[i] >= 0;
        }
        if (ascii) {
            return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
        }
        StringBuilder path = new StringBuilder(length);
        int end = offset + length;
        for (int i = offset; i < end; ) {
            int size = sequence(bytes, i, end);
            if (size == 0) {
                path.append((char) (0xDC00 + (bytes[i] & 0xFF)));
                i++;
            } else {
                path.append(new String(bytes, i, size, StandardCharsets.UTF_8));
                i += size;
            }
        }
        return path.toString();
    }

    /** Length of the valid UTF-8 sequence at {@code i}, or 0. */
    private static int sequence(byte[] bytes, int i, int end) {
        int first = bytes[i] & 0xFF;
        if (first < 0x80) {
            return 1;
        }
        int size = first >= 0xC2 && first < 0xE0
                ? 2
                : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
        if (size == 0 || i + size > end) {
            return 0;
        }
        int value = first & (0x7F >> size);
        for (int k = 1; k < size; k++) {
            int next = bytes[i + k] & 0xFF;
            if ((next & 0xC0) != 0x80) {
                return 0;
            }
            value = value << 6 | (next & 0x3F);
        }
        boolean overlong = size == 3 && value < 0x800 || size == 4 && value < 0x10000;
        boolean surrogate = value >= 0xD800 && value <= 0xDFFF;
        return overlong || surrogate || value > 0x10FFFF ? 0 : size;
    }
}

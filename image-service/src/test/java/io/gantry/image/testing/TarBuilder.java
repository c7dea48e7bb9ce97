package io.gantry.image.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes tar archives byte by byte, valid ones and others. */
public final class TarBuilder {
    private static final int BLOCK = 512;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long mtime = 1_700_000_000;
    private int mode = 0644;
    private int uid;
    private int gid;
    private final Map<String, byte[]> pax = new LinkedHashMap<>();

    /** Permission bits of the entries that follow. */
    public TarBuilder mode(int newMode) {
        mode = newMode;
        return this;
    }

    /** Owner of the entries that follow. */
    public TarBuilder owner(int newUid, int newGid) {
        uid = newUid;
        gid = newGid;
        return this;
    }

    /** Time of the entries that follow. */
    public TarBuilder mtime(long seconds) {
        mtime = seconds;
        return this;
    }

    /** A PAX record for the next entry. */
    public TarBuilder pax(String key, byte[] value) {
        pax.put(key, value);
        return this;
    }

    public TarBuilder pax(String key, String value) {
        return pax(key, value.getBytes(StandardCharsets.UTF_8));
    }

    public TarBuilder file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    public TarBuilder file(String name, byte[] content) {
        return entry('0', name, "", content, 0, 0);
    }

    public TarBuilder directory(String name) {
        return entry('5', name.endsWith("/") ? name : name + "/", "", new byte[0], 0, 0);
    }

    public TarBuilder symlink(String name, String target) {
        return entry('2', name, target, new byte[0], 0, 0);
    }

    public TarBuilder hardLink(String name, String target) {
        return entry('1', name, target, new byte[0], 0, 0);
    }

    public TarBuilder character(String name, int major, int minor) {
        return entry('3', name, "", new byte[0], major, minor);
    }

    public TarBuilder block(String name, int major, int minor) {
        return entry('4', name, "", new byte[0], major, minor);
    }

    public TarBuilder fifo(String name) {
        return entry('6', name, "", new byte[0], 0, 0);
    }

    /** Any entry. Names longer than the header's field get a PAX record of their own. */
    public TarBuilder entry(char type, String name, String link, byte[] content, int major, int minor) {
        return entry(type, bytes(name), bytes(link), content, major, minor);
    }

    public TarBuilder entry(char type, byte[] name, byte[] link, byte[] content, int major, int minor) {
        if (name.length > 100) {
            pax.putIfAbsent("path", name);
        }
        if (link.length > 100) {
            pax.putIfAbsent("linkpath", link);
        }
        writePax();
        byte[] header = header(type, name, link, content.length, major, minor);
        finish(header);
        raw(header);
        return data(content);
    }

    private void writePax() {
        if (pax.isEmpty()) {
            return;
        }
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        pax.forEach((key, value) -> {
            byte[] body = (" " + key + "=").getBytes(StandardCharsets.UTF_8);
            int length = body.length + value.length + 1;
            int total = length + Integer.toString(length).length();
            total = length + Integer.toString(total).length();
            records.writeBytes(Integer.toString(total).getBytes(StandardCharsets.US_ASCII));
            records.writeBytes(body);
            records.writeBytes(value);
            records.write('\n');
        });
        pax.clear();
        byte[] content = records.toByteArray();
        byte[] header = header('x', bytes("PaxHeaders/x"), new byte[0], content.length, 0, 0);
        finish(header);
        raw(header);
        data(content);
    }

    /** A header block for hand-made entries; {@link #finish} sets its checksum. */
    public byte[] header(char type, byte[] name, byte[] link, long size, int major, int minor) {
        byte[] header = new byte[BLOCK];
        System.arraycopy(name, 0, header, 0, Math.min(100, name.length));
        octal(header, 100, 8, mode);
        octal(header, 108, 8, uid);
        octal(header, 116, 8, gid);
        octal(header, 124, 12, size);
        octal(header, 136, 12, mtime);
        header[156] = (byte) type;
        System.arraycopy(link, 0, header, 157, Math.min(100, link.length));
        System.arraycopy(bytes("ustar\00000"), 0, header, 257, 8);
        octal(header, 329, 8, major);
        octal(header, 337, 8, minor);
        return header;
    }

    /** Sets a header's checksum. */
    public static void finish(byte[] header) {
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        octal(header, 148, 7, sum);
    }

    /** A number as tar writes it. */
    public static void octal(byte[] header, int offset, int length, long value) {
        String digits = Long.toOctalString(value);
        String padded = "0".repeat(Math.max(0, length - 1 - digits.length())) + digits;
        System.arraycopy(bytes(padded), 0, header, offset, Math.min(length - 1, padded.length()));
    }

    /** Data of an entry, padded to whole blocks. */
    public TarBuilder data(byte[] content) {
        raw(content);
        return raw(new byte[-content.length & (BLOCK - 1)]);
    }

    /** Any bytes. */
    public TarBuilder raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** The archive with its end mark. */
    public byte[] build() {
        raw(new byte[2 * BLOCK]);
        return out.toByteArray();
    }

    /** The archive as it is now, without an end mark. */
    public byte[] buildOpen() {
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

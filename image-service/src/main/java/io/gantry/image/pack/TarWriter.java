package io.gantry.image.pack;

import io.gantry.platform.linux.PathBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a POSIX tar stream whose bytes depend on nothing but what is given: ustar headers, and a PAX header before those
 * that need one. Header fields are filled in as Go's archive/tar does, the library most images are made with, so that a
 * layer of such a tool often comes out as it went in.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html">pax, extended and ustar header</a>
 */
public final class TarWriter implements AutoCloseable {
    private static final int BLOCK = 512;
    private static final int NAME_BYTES = 100;
    private static final long MAX_OCTAL_7 = 07777777;
    private static final long MAX_OCTAL_11 = 077777777777L;
    private static final byte[] ZEROS = new byte[BLOCK];

    /** A member to be written. */
    public static final class Member {
        private final char type;
        private final byte[] name;
        private byte[] link = new byte[0];
        private int mode;
        private long uid;
        private long gid;
        private long size;
        private long mtimeSeconds;
        private int mtimeNanos;
        private int major;
        private int minor;
        private final Map<String, byte[]> xattrs = new TreeMap<>();

        /** @param type the type flag: {@code '0'} file, {@code '1'} hard link, {@code '2'} symbolic link … */
        public Member(char type, String name) {
            this.type = type;
            this.name = PathBytes.encode(name);
        }

        public static Member file(String name, long size) {
            Member member = new Member('0', name);
            member.mode = 0644;
            member.size = size;
            return member;
        }

        public static Member directory(String name) {
            Member member = new Member('5', name);
            member.mode = 0755;
            return member;
        }

        public Member link(String target) {
            link = PathBytes.encode(target);
            return this;
        }

        public Member mode(int newMode) {
            mode = newMode;
            return this;
        }

        public Member owner(int newUid, int newGid) {
            uid = Integer.toUnsignedLong(newUid);
            gid = Integer.toUnsignedLong(newGid);
            return this;
        }

        public Member size(long newSize) {
            size = newSize;
            return this;
        }

        public Member mtime(long seconds, int nanos) {
            mtimeSeconds = seconds;
            mtimeNanos = nanos;
            return this;
        }

        public Member device(int newMajor, int newMinor) {
            major = newMajor;
            minor = newMinor;
            return this;
        }

        public Member xattr(String key, byte[] value) {
            xattrs.put(key, value);
            return this;
        }
    }

    private final OutputStream out;
    private long left;
    private int padding;

    public TarWriter(OutputStream out) {
        this.out = out;
    }

    /** Begins a member; exactly its size in {@link #data} must follow. */
    public void begin(Member member) throws IOException {
        requireComplete();
        Map<String, byte[]> pax = pax(member);
        if (!pax.isEmpty()) {
            byte[] records = records(pax);
            out.write(paxHeader(member.name, records.length));
            out.write(records);
            pad(records.length);
        }
        out.write(header(member));
        left = member.size;
        padding = (int) (-member.size & BLOCK - 1);
        endOfData();
    }

    public void data(byte[] bytes, int offset, int length) throws IOException {
        if (length > left) {
            throw new IOException("more data than the tar header announced");
        }
        out.write(bytes, offset, length);
        left -= length;
        endOfData();
    }

    private void endOfData() throws IOException {
        if (left == 0 && padding > 0) {
            out.write(ZEROS, 0, padding);
            padding = 0;
        }
    }

    /** A whole file of the archive's own. */
    public void file(String name, byte[] content) throws IOException {
        begin(Member.file(name, content.length));
        data(content, 0, content.length);
    }

    /** Ends the stream with two blocks of zeros; the output stays open. */
    @Override
    public void close() throws IOException {
        requireComplete();
        out.write(ZEROS);
        out.write(ZEROS);
        out.flush();
    }

    private void requireComplete() throws IOException {
        if (left > 0) {
            throw new IOException("less data than the tar header announced: " + left + " bytes are missing");
        }
    }

    private static Map<String, byte[]> pax(Member member) {
        Map<String, byte[]> pax = new TreeMap<>();
        if (member.name.length > NAME_BYTES || !isAscii(member.name)) {
            pax.put("path", member.name);
        }
        if (member.link.length > NAME_BYTES || !isAscii(member.link)) {
            pax.put("linkpath", member.link);
        }
        putNumber(pax, "uid", member.uid, MAX_OCTAL_7);
        putNumber(pax, "gid", member.gid, MAX_OCTAL_7);
        putNumber(pax, "size", member.size, MAX_OCTAL_11);
        if (member.mtimeNanos != 0 || member.mtimeSeconds < 0 || member.mtimeSeconds > MAX_OCTAL_11) {
            pax.put("mtime", text(time(member.mtimeSeconds, member.mtimeNanos)));
        }
        member.xattrs.forEach((key, value) -> pax.put("SCHILY.xattr." + escaped(key), value));
        return pax;
    }

    /** An equals sign would end the key; GNU tar writes it so, and a percent sign for that. */
    private static String escaped(String key) {
        return key.replace("%", "%25").replace("=", "%3D");
    }

    private static void putNumber(Map<String, byte[]> pax, String key, long value, long max) {
        if (value > max) {
            pax.put(key, text(Long.toString(value)));
        }
    }

    /** {@code 1700000000.5}; before 1970 the nanoseconds still count forwards in the kernel, backwards in PAX. */
    private static String time(long seconds, int nanos) {
        if (nanos == 0) {
            return Long.toString(seconds);
        }
        boolean negative = seconds < 0;
        long whole = negative ? -(seconds + 1) : seconds;
        int fraction = negative ? 1_000_000_000 - nanos : nanos;
        String digits = Integer.toString(1_000_000_000 + fraction).substring(1).replaceAll("0+$", "");
        return (negative ? "-" : "") + whole + "." + digits;
    }

    private static byte[] records(Map<String, byte[]> pax) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        pax.forEach((key, value) -> {
            byte[] name = PathBytes.encode(key);
            int rest = name.length + value.length + 3;
            int length = rest + Integer.toString(rest).length();
            if (Integer.toString(length).length() != Integer.toString(rest).length()) {
                length = rest + Integer.toString(length).length();
            }
            records.writeBytes(text(length + " "));
            records.writeBytes(name);
            records.write('=');
            records.writeBytes(value);
            records.write('\n');
        });
        return records.toByteArray();
    }

    private static byte[] paxHeader(byte[] name, int size) {
        int end = name.length;
        while (end > 0 && name[end - 1] == '/') {
            end--;
        }
        int slash = end - 1;
        while (slash >= 0 && name[slash] != '/') {
            slash--;
        }
        ByteArrayOutputStream path = new ByteArrayOutputStream();
        path.write(name, 0, slash + 1);
        path.writeBytes(text("PaxHeaders.0/"));
        path.write(name, slash + 1, end - slash - 1);
        byte[] header = new byte[BLOCK];
        int at = 0;
        for (byte b : path.toByteArray()) {
            if (b > 0 && at < NAME_BYTES) {
                header[at++] = b;
            }
        }
        octal(header, 100, 8, 0);
        octal(header, 108, 8, 0);
        octal(header, 116, 8, 0);
        octal(header, 124, 12, size);
        octal(header, 136, 12, 0);
        header[156] = 'x';
        return seal(header);
    }

    private static byte[] header(Member member) {
        byte[] header = new byte[BLOCK];
        ascii(header, 0, member.name);
        octal(header, 100, 8, member.mode);
        octal(header, 108, 8, member.uid > MAX_OCTAL_7 ? 0 : member.uid);
        octal(header, 116, 8, member.gid > MAX_OCTAL_7 ? 0 : member.gid);
        octal(header, 124, 12, member.size > MAX_OCTAL_11 ? 0 : member.size);
        boolean late = member.mtimeSeconds < 0 || member.mtimeSeconds > MAX_OCTAL_11;
        octal(header, 136, 12, late ? 0 : member.mtimeSeconds);
        header[156] = (byte) member.type;
        ascii(header, 157, member.link);
        octal(header, 329, 8, member.major);
        octal(header, 337, 8, member.minor);
        return seal(header);
    }

    private static byte[] seal(byte[] header) {
        System.arraycopy(text("ustar\00000"), 0, header, 257, 8);
        java.util.Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        octal(header, 148, 7, sum);
        header[155] = ' ';
        return header;
    }

    private void pad(int size) throws IOException {
        out.write(ZEROS, 0, -size & BLOCK - 1);
    }

    private static void ascii(byte[] header, int offset, byte[] value) {
        int at = offset;
        for (byte b : value) {
            if (b > 0 && at < offset + NAME_BYTES) {
                header[at++] = b;
            }
        }
    }

    private static void octal(byte[] header, int offset, int length, long value) {
        String digits = Long.toOctalString(value);
        String padded = "0".repeat(Math.max(0, length - 1 - digits.length())) + digits;
        System.arraycopy(text(padded), 0, header, offset, length - 1);
        header[offset + length - 1] = 0;
    }

    private static boolean isAscii(byte[] value) {
        for (byte b : value) {
            if (b <= 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] text(String value) {
        return value.getBytes(StandardCharsets.ISO_8859_1);
    }
}

package io.gantry.image.extract;

import io.gantry.platform.linux.PathBytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of a PAX extended header. Values are kept as bytes: extended attributes are binary, and names need not be
 * valid UTF-8.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_02">POSIX, pax header
 *     block</a>
 */
final class PaxRecords {
    private static final String XATTR = "SCHILY.xattr.";
    private static final int MAX_RECORDS = 1 << 17;

    private final Map<String, byte[]> values = new HashMap<>();
    private final Map<String, byte[]> xattrs = new HashMap<>();
    private final List<Long> sparseNumbers = new ArrayList<>();

    /** @throws TarException when a record's length or form is wrong */
    void parse(byte[] header) throws TarException {
        int at = 0;
        int records = 0;
        while (at < header.length) {
            int space = at;
            int length = 0;
            while (space < header.length && header[space] >= '0' && header[space] <= '9' && length <= header.length) {
                length = length * 10 + (header[space] - '0');
                space++;
            }
            int end = at + length;
            if (space == at
                    || space >= header.length
                    || header[space] != ' '
                    || end > header.length
                    || end - 2 < space
                    || header[end - 1] != '\n') {
                // Some writers pad the header with zero bytes.
                if (isZero(header, at)) {
                    return;
                }
                throw new TarException("damaged PAX header");
            }
            int equals = space + 1;
            while (equals < end - 1 && header[equals] != '=') {
                equals++;
            }
            if (equals == end - 1 || equals == space + 1 || ++records > MAX_RECORDS) {
                throw new TarException("damaged PAX header");
            }
            String key = PathBytes.decode(header, space + 1, equals - space - 1);
            put(key, Arrays.copyOfRange(header, equals + 1, end - 1));
            at = end;
        }
    }

    private void put(String key, byte[] value) throws TarException {
        if (key.startsWith(XATTR)) {
            String name = key.substring(XATTR.length());
            if (name.isEmpty() || name.indexOf('\0') >= 0) {
                throw new TarException("extended attribute without a valid name");
            }
            // As GNU tar escapes what would end the key.
            xattrs.put(name.replace("%3D", "=").replace("%25", "%"), value);
        } else if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
            sparseNumbers.add(decimal(key, value));
        } else {
            values.put(key, value);
        }
    }

    private static boolean isZero(byte[] header, int from) {
        for (int i = from; i < header.length; i++) {
            if (header[i] != 0) {
                return false;
            }
        }
        return true;
    }

    Map<String, byte[]> xattrs() {
        return xattrs;
    }

    /** The value of a record as text, or null when it is missing or empty (which takes an earlier one back). */
    @Nullable
    String text(String key) throws TarException {
        byte[] value = values.get(key);
        if (value == null || value.length == 0) {
            return null;
        }
        for (byte b : value) {
            if (b == 0) {
                throw new TarException("NUL byte in PAX record " + key);
            }
        }
        return PathBytes.decode(value, 0, value.length);
    }

    long number(String key, long otherwise) throws TarException {
        byte[] value = values.get(key);
        return value == null || value.length == 0 ? otherwise : decimal(key, value);
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    /** Offsets and lengths of format 0.0 (repeated records) or 0.1 (one list), alternating; empty when there are none. */
    List<Long> sparseNumbers() throws TarException {
        byte[] map = values.get("GNU.sparse.map");
        if (map == null) {
            return sparseNumbers;
        }
        List<Long> numbers = new ArrayList<>();
        if (map.length > 0) {
            for (String number : new String(map, StandardCharsets.ISO_8859_1).split(",", -1)) {
                numbers.add(decimal("GNU.sparse.map", number.getBytes(StandardCharsets.ISO_8859_1)));
            }
        }
        return numbers;
    }

    private static long decimal(String key, byte[] value) throws TarException {
        String text = new String(value, StandardCharsets.ISO_8859_1);
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // reported below
        }
        throw new TarException("PAX record " + key + " is not a number: " + TarNames.quote(text));
    }

    /**
     * Seconds and nanoseconds of a time record.
     *
     * @return null when there is none
     */
    long @Nullable [] time(String key) throws TarException {
        String text = text(key);
        if (text == null) {
            return null;
        }
        int dot = text.indexOf('.');
        String whole = dot < 0 ? text : text.substring(0, dot);
        String fraction = dot < 0 ? "" : text.substring(dot + 1);
        try {
            long seconds = whole.isEmpty() || whole.equals("-") ? 0 : Long.parseLong(whole);
            String padded = (fraction + "000000000").substring(0, 9);
            long nanos = Long.parseUnsignedLong(padded);
            if (nanos < 0 || nanos > 999_999_999) {
                throw new NumberFormatException("fraction");
            }
            if (whole.startsWith("-") && nanos > 0) {
                return new long[] {seconds - 1, 1_000_000_000 - nanos};
            }
            return new long[] {seconds, nanos};
        } catch (NumberFormatException _) {
            throw new TarException("PAX record " + key + " is not a time: " + TarNames.quote(text));
        }
    }
}

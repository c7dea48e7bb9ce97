package io.gantry.image.extract;

import io.gantry.image.extract.TarEntry.Type;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Puts an entry together from its header block and the extended headers before it. */
final class TarEntryBuilder {
    private static final long MAX_ID = 0xFFFF_FFFEL;
    private static final int MAX_MAJOR = (1 << 12) - 1;
    private static final int MAX_MINOR = (1 << 20) - 1;

    private final TarReader reader;
    private final TarHeader header;
    private final PaxRecords pax;
    private final String name;
    private final String linkName;

    TarEntryBuilder(
            TarReader reader, TarHeader header, PaxRecords pax, @Nullable String longName, @Nullable String longLink)
            throws TarException {
        this.reader = reader;
        this.header = header;
        this.pax = pax;
        this.name = first(pax.text("GNU.sparse.name"), pax.text("path"), longName, header.name());
        this.linkName = first(pax.text("linkpath"), longLink, header.linkName());
    }

    private static String first(@Nullable String... candidates) {
        for (String candidate : candidates) {
            if (candidate != null) {
                return candidate;
            }
        }
        return "";
    }

    TarEntry build() throws IOException, InterruptedException {
        Type type = type();
        boolean hasData = type == Type.FILE;
        long size = hasData ? pax.number("size", header.size()) : 0;
        int mode = (int) header.mode() & 07777;
        int uid = id("user id", pax.number("uid", header.uid()));
        int gid = id("group id", pax.number("gid", header.gid()));
        long[] time = pax.time("mtime");
        long mtimeSeconds = time == null ? header.mtime() : time[0];
        int mtimeNanos = time == null ? 0 : (int) time[1];
        boolean device = type == Type.CHARACTER_DEVICE || type == Type.BLOCK_DEVICE;
        int major = device ? device("major", header.major(), MAX_MAJOR) : 0;
        int minor = device ? device("minor", header.minor(), MAX_MINOR) : 0;
        SparseMap sparse = hasData ? sparse(size) : null;
        if (sparse == null) {
            reader.setData(size);
        }
        return new TarEntry(
                type,
                name,
                linkName,
                mode,
                uid,
                gid,
                reader.dataLeft(),
                mtimeSeconds,
                mtimeNanos,
                major,
                minor,
                pax.xattrs().isEmpty() ? TarReader.NO_XATTRS : pax.xattrs(),
                sparse);
    }

    private Type type() throws TarException {
        return switch (header.type()) {
            case '0', '\0', '7' -> name.endsWith("/") ? Type.DIRECTORY : Type.FILE;
            case 'S' -> Type.FILE;
            case '1' -> Type.HARD_LINK;
            case '2' -> Type.SYMLINK;
            case '3' -> Type.CHARACTER_DEVICE;
            case '4' -> Type.BLOCK_DEVICE;
            case '5' -> Type.DIRECTORY;
            case '6' -> Type.FIFO;
            default ->
                throw new TarException("unknown type " + TarNames.quote(String.valueOf(header.type())) + " of entry "
                        + TarNames.quote(name));
        };
    }

    private int id(String what, long value) throws TarException {
        if (value < 0 || value > MAX_ID) {
            throw new TarException(what + " of " + TarNames.quote(name) + " is out of range: " + value);
        }
        return (int) value;
    }

    private int device(String what, long value, int max) throws TarException {
        if (value < 0 || value > max) {
            throw new TarException(what + " device number of " + TarNames.quote(name) + " is out of range: " + value);
        }
        return (int) value;
    }

    private @Nullable SparseMap sparse(long size) throws IOException, InterruptedException {
        if (header.type() == 'S') {
            return oldGnuSparse(size);
        }
        if (pax.number("GNU.sparse.major", 0) == 1 && pax.number("GNU.sparse.minor", 0) == 0) {
            reader.setData(size);
            return paxSparse1(pax.number("GNU.sparse.realsize", 0));
        }
        List<Long> numbers = pax.sparseNumbers();
        if (numbers.isEmpty() && !pax.has("GNU.sparse.size")) {
            return null;
        }
        reader.setData(size);
        long[] offsets = new long[numbers.size() / 2];
        long[] lengths = new long[numbers.size() / 2];
        if (numbers.size() % 2 != 0 || offsets.length > SparseMap.MAX_STRETCHES) {
            throw new TarException("sparse map of " + TarNames.quote(name) + " is damaged");
        }
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = Objects.requireNonNull(numbers.get(2 * i));
            lengths[i] = Objects.requireNonNull(numbers.get(2 * i + 1));
        }
        return SparseMap.checked(pax.number("GNU.sparse.size", 0), offsets, lengths, size, name);
    }

    private SparseMap oldGnuSparse(long size) throws IOException, InterruptedException {
        Stretches stretches = new Stretches(name);
        long realSize = header.number(483, 12, "size");
        boolean more = header.at(482) != 0;
        stretches.addBinary(header, 386, 4);
        while (more) {
            TarHeader extension = new TarHeader(reader.extensionBlock());
            stretches.addBinary(extension, 0, 21);
            more = extension.at(504) != 0;
        }
        reader.setData(size);
        return SparseMap.checked(realSize, stretches.offsets(), stretches.lengths(), size, name);
    }

    /** The map stands before the data as decimal lines: their number, then offset and length of each. */
    private SparseMap paxSparse1(long realSize) throws IOException, InterruptedException {
        Stretches stretches = new Stretches(name);
        Lines lines = new Lines();
        long count = lines.next();
        for (long i = 0; i < count; i++) {
            stretches.add(lines.next(), lines.next());
        }
        return SparseMap.checked(realSize, stretches.offsets(), stretches.lengths(), reader.dataLeft(), name);
    }

    /** Decimal lines in the data blocks before the data itself. */
    private final class Lines {
        private byte[] data = new byte[0];
        private int at;

        long next() throws IOException, InterruptedException {
            StringBuilder digits = new StringBuilder();
            while (true) {
                if (at == data.length) {
                    data = reader.dataBlock();
                    at = 0;
                }
                byte b = data[at++];
                if (b == '\n' && !digits.isEmpty()) {
                    return Long.parseLong(digits.toString());
                }
                if (b < '0' || b > '9' || digits.length() >= 18) {
                    throw new TarException("sparse map of " + TarNames.quote(name) + " is damaged: "
                            + new String(new byte[] {b}, StandardCharsets.ISO_8859_1).trim());
                }
                digits.append((char) b);
            }
        }
    }

    /** Stretches of data as they are read. */
    private static final class Stretches {
        private final String name;
        private long[] offsets = new long[16];
        private long[] lengths = new long[16];
        private int count;

        Stretches(String name) {
            this.name = name;
        }

        void addBinary(TarHeader block, int from, int slots) throws TarException {
            for (int i = 0; i < slots && block.at(from + 24 * i) != 0; i++) {
                add(
                        block.number(from + 24 * i, 12, "sparse offset"),
                        block.number(from + 24 * i + 12, 12, "sparse length"));
            }
        }

        void add(long offset, long length) throws TarException {
            if (count == SparseMap.MAX_STRETCHES) {
                throw new TarException("sparse map of " + TarNames.quote(name) + " has too many stretches");
            }
            if (count == offsets.length) {
                offsets = java.util.Arrays.copyOf(offsets, 2 * count);
                lengths = java.util.Arrays.copyOf(lengths, 2 * count);
            }
            offsets[count] = offset;
            lengths[count] = length;
            count++;
        }

        long[] offsets() {
            return java.util.Arrays.copyOf(offsets, count);
        }

        long[] lengths() {
            return java.util.Arrays.copyOf(lengths, count);
        }
    }
}

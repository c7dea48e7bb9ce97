package io.gantry.platform.linux;

import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads {@code mountinfo}. */
public final class MountInfo {
    private static final String SELF = "/proc/thread-self/mountinfo";

    private MountInfo() {}

    /** The mounts that the calling thread sees, in the order of mounting. @throws ErrnoException when /proc is not mounted */
    public static List<MountEntry> ofSelf() {
        return read(JnaSyscalls.instance());
    }

    static List<MountEntry> read(Syscalls syscalls) {
        int flags = LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC;
        try (Fd file = new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, SELF, flags, 0))) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(16384);
            byte[] buffer = new byte[16384];
            for (int size = syscalls.read(file.number(), buffer, 0, buffer.length);
                    size > 0;
                    size = syscalls.read(file.number(), buffer, 0, buffer.length)) {
                bytes.write(buffer, 0, size);
            }
            return parse(PathBytes.decode(bytes.toByteArray(), 0, bytes.size()));
        }
    }

    /** Parses the whole text; lines that make no sense are left out, for the kernel may add fields. */
    public static List<MountEntry> parse(String text) {
        List<MountEntry> entries = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            String[] fields = line.split(" ", -1);
            int separator = Arrays.asList(fields).indexOf("-");
            if (separator < 6 || fields.length < separator + 4) {
                continue;
            }
            entries.add(new MountEntry(
                    Integer.parseInt(fields[0]),
                    Integer.parseInt(fields[1]),
                    fields[2],
                    unescape(fields[3]),
                    Path.of(unescape(fields[4])),
                    List.of(fields[5].split(",", -1)),
                    List.of(fields).subList(6, separator),
                    unescape(fields[separator + 1]),
                    unescape(fields[separator + 2]),
                    List.of(fields[separator + 3].split(",", -1))));
        }
        return entries;
    }

    /** {@code \040} is a space, and so on: three octal digits after a backslash. */
    static String unescape(String text) {
        int at = text.indexOf('\\');
        if (at < 0) {
            return text;
        }
        StringBuilder plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && i + 3 < text.length() && isOctal(text, i + 1)) {
                plain.append((char) Integer.parseInt(text, i + 1, i + 4, 8));
                i += 3;
            } else {
                plain.append(text.charAt(i));
            }
        }
        return plain.toString();
    }

    private static boolean isOctal(String text, int at) {
        for (int i = at; i < at + 3; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '7') {
                return false;
            }
        }
        return true;
    }
}

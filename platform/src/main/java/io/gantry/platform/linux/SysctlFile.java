package io.gantry.platform.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads files of {@code /proc/sys}. The kernel gives a number there to the first read alone, as far as it fits, and nothing to
 * later ones: {@link Files#readString}, which begins with one byte where the size is 0, sees its first digit.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_sys.5.html">proc_sys(5)</a>
 */
public final class SysctlFile {
    private static final int LONGEST = 4096;

    private SysctlFile() {}

    /** The value, without the end of the line. */
    public static String text(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8).strip();
        }
    }

    /** @throws NumberFormatException when it is no number */
    public static long number(Path file) throws IOException {
        return Long.parseLong(text(file));
    }
}

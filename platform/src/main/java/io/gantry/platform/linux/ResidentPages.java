package io.gantry.platform.linux;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The pages of mapped files that this process holds in memory. A start touches nearly all of the AOT cache, the Java
 * runtime's modules and its library once, and little of it again; what is let go comes back from the page cache when it is
 * needed (<a href="https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html">proc_pid_smaps(5)</a>).
 */
public final class ResidentPages {
    /** Small mappings are not worth the faults. */
    private static final long MINIMUM_BYTES = 1 << 20;

    private static final Pattern HEADER = Pattern.compile("[0-9a-f]+-[0-9a-f]+ [-r][-w][-x][ps] .*");
    private static final Pattern MAPPING =
            Pattern.compile("([0-9a-f]+)-([0-9a-f]+) r-[-x]p \\S+ \\S+ [1-9]\\d* +(/.*)");

    /** A read-only private mapping of a file. */
    record Mapping(long address, long length, String file) {}

    private ResidentPages() {}

    /**
     * Lets go of the pages of every larger read-only file mapping that was never written to, so that nothing is lost.
     *
     * @return the bytes of address space that were advised about
     */
    public static long dropCleanFilePages(Syscalls syscalls) {
        Path maps = Path.of("/proc/self/smaps");
        List<Mapping> mappings;
        try {
            mappings = parse(Files.readAllLines(maps));
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "read " + maps, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
        long bytes = 0;
        for (Mapping mapping : mappings) {
            syscalls.madvise(mapping.address(), mapping.length(), LinuxConstants.MADV_DONTNEED);
            bytes += mapping.length();
        }
        return bytes;
    }

    /**
     * The mappings whose pages all come from the file: one that was written to and then closed, as the linker does with
     * relocated tables, holds pages that exist nowhere else.
     */
    static List<Mapping> parse(List<String> lines) {
        List<Mapping> mappings = new ArrayList<>();
        Mapping current = null;
        for (String line : lines) {
            Matcher header = HEADER.matcher(line);
            if (header.matches()) {
                current = fileMapping(line);
            } else if (current != null && line.startsWith("Anonymous:")) {
                if (line.endsWith(" 0 kB") && current.length() >= MINIMUM_BYTES) {
                    mappings.add(current);
                }
                current = null;
            }
        }
        return mappings;
    }

    private static @Nullable Mapping fileMapping(String header) {
        Matcher matcher = MAPPING.matcher(header);
        if (!matcher.matches()) {
            return null;
        }
        long start = Long.parseUnsignedLong(matcher.group(1), 16);
        return new Mapping(start, Long.parseUnsignedLong(matcher.group(2), 16) - start, matcher.group(3));
    }
}

package io.gantry.pod.stats;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads small files of {@code /proc} and {@code /sys} with one buffer for all of them. A file that is not there, or goes
 * away while it is read, is no error: cgroups and processes end at any time. For one thread at a time.
 */
final class KernelFiles {
    private final @Nullable KeptFiles kept;
    private byte[] buffer = new byte[4096];

    KernelFiles() {
        this(null);
    }

    /** @param kept where files are kept open that {@link #kept} reads; null to keep none */
    KernelFiles(@Nullable KeptFiles kept) {
        this.kept = kept;
    }

    /**
     * The whole text of a file that will be read again soon, or null when there is none to be had. The file must hold one
     * record, as those with figures of one cgroup do (cpu.stat, memory.stat, cpu.pressure): of such a file the kernel gives
     * all that fits into the buffer, so that one call is enough.
     */
    @Nullable
    String kept(String path) {
        if (kept == null) {
            return record(path);
        }
        while (true) {
            int length = kept.read(path, buffer);
            if (length < 0) {
                return null;
            }
            if (length < buffer.length) {
                return new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
            }
            buffer = Arrays.copyOf(buffer, 2 * length);
        }
    }

    /** As {@link #number}, of a file that will be read again soon. */
    OptionalLong keptNumber(String path) {
        return parsed(kept(path));
    }

    /**
     * The whole text, or null when there is none to be had. Of a file of many records (cgroup.procs, net/dev) each call gives
     * as many whole records as fit into a page of the kernel's, whatever the buffer's size, so that only nothing at all is
     * the end.
     */
    @Nullable
    String text(String path) {
        return read(path, false);
    }

    /** {@link #text} of a file that holds one record: what does not fill the buffer is all of it. */
    private @Nullable String record(String path) {
        return read(path, true);
    }

    private @Nullable String read(String path, boolean oneRecord) {
        try (FileInputStream in = new FileInputStream(path)) {
            int length = 0;
            while (true) {
                int room = buffer.length - length;
                int count = in.read(buffer, length, room);
                length += Math.max(0, count);
                if (count <= 0 || (oneRecord && count < room)) {
                    return new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
                }
                if (count == room) {
                    buffer = Arrays.copyOf(buffer, 2 * length);
                }
            }
        } catch (IOException e) {
            return null;
        }
    }

    /** The number that the file holds; empty when there is no file, or no number in it ({@code max}). */
    OptionalLong number(String path) {
        return parsed(record(path));
    }

    private static OptionalLong parsed(@Nullable String text) {
        return text == null ? OptionalLong.empty() : KernelText.number(text.strip());
    }

    /** How many lines the file has, or -1 without a file. */
    int lines(String path) {
        String text = text(path);
        return text == null ? -1 : KernelText.lines(text);
    }
}

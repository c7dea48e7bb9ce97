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
    private byte[] buffer = new byte[4096];

    /**
     * The whole text, or null when there is none to be had. The kernel fills the buffer as long as there is text, so that
     * less than asked for is the end of it.
     */
    @Nullable
    String text(String path) {
        try (FileInputStream in = new FileInputStream(path)) {
            int length = 0;
            while (true) {
                int room = buffer.length - length;
                int count = in.read(buffer, length, room);
                length += Math.max(0, count);
                if (count < room) {
                    return new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
                }
                buffer = Arrays.copyOf(buffer, 2 * length);
            }
        } catch (IOException e) {
            return null;
        }
    }

    /** The number that the file holds; empty when there is no file, or no number in it ({@code max}). */
    OptionalLong number(String path) {
        String text = text(path);
        return text == null ? OptionalLong.empty() : KernelText.number(text.strip());
    }

    /** How many lines the file has, or -1 without a file. */
    int lines(String path) {
        String text = text(path);
        return text == null ? -1 : KernelText.lines(text);
    }
}

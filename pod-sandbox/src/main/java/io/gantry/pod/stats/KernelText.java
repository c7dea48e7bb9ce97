package io.gantry.pod.stats;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Looks for figures in the forms that the kernel writes them. */
final class KernelText {
    private KernelText() {}

    /** An unsigned number; one beyond 2^63 counts as the largest there is. Empty for anything else. */
    static OptionalLong number(String text) {
        if (text.isEmpty() || text.length() > 20) {
            return OptionalLong.empty();
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return OptionalLong.empty();
            }
        }
        try {
            return OptionalLong.of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            return OptionalLong.of(Long.MAX_VALUE);
        }
    }

    /** The number after {@code key} and a space at the beginning of a line, as in memory.stat and cpu.stat. */
    static OptionalLong keyed(@Nullable String text, String key) {
        if (text == null) {
            return OptionalLong.empty();
        }
        int from = 0;
        while (true) {
            int at = text.indexOf(key, from);
            if (at < 0) {
                return OptionalLong.empty();
            }
            int end = at + key.length();
            boolean whole = (at == 0 || text.charAt(at - 1) == '\n') && end < text.length() && text.charAt(end) == ' ';
            if (whole) {
                int line = text.indexOf('\n', end);
                return number(
                        text.substring(end + 1, line < 0 ? text.length() : line).strip());
            }
            from = end;
        }
    }

    /** How many lines a text has; 0 without one. */
    static int lines(@Nullable String text) {
        int lines = 0;
        if (text != null) {
            for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
                lines++;
            }
        }
        return lines;
    }

    /** {@link #keyed}, 0 for a key that is not there. */
    static long keyedOrZero(@Nullable String text, String key) {
        return keyed(text, key).orElse(0);
    }
}

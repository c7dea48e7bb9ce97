package io.gantry.cri.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Figures as people read them. */
final class Human {
    private Human() {}

    /** {@code 1.5 MB}, in powers of 1000. */
    static String bytes(long bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }

    /** {@code 42s}, {@code 17m}, {@code 5h}, {@code 12d}: the largest unit that fits. */
    static String age(Duration age) {
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 120) {
            return seconds + "s";
        }
        if (seconds < 2 * 3600) {
            return seconds / 60 + "m";
        }
        return seconds < 48 * 3600 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
    }

    /** {@code 350 ms}, {@code 42.1 s}, and from two minutes on as {@link #age}. */
    static String duration(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        }
        return millis < 120_000 ? String.format(Locale.ROOT, "%.1f s", millis / 1000.0) : age(duration);
    }

    /** A time of CRI: nanoseconds since 1970. */
    static Instant instant(long nanos) {
        return Instant.ofEpochSecond(nanos / 1_000_000_000L, nanos % 1_000_000_000L);
    }

    /** The beginning of an id, enough for a person and for the daemon to tell it from others. */
    static String id(String id) {
        String hex = id.startsWith("sha256:") ? id.substring("sha256:".length()) : id;
        return hex.substring(0, Math.min(13, hex.length()));
    }
}

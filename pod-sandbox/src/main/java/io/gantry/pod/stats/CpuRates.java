package io.gantry.pod.stats;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * CPU time per second, over the time since the last look that is at least a second past. Of each subject only the last look
 * and the last rate are kept.
 */
final class CpuRates {
    /** Shorter windows tell more about the scheduler than about the program. */
    static final long MIN_WINDOW_NANOS = 1_000_000_000L;

    /** A subject that is younger on its first look is rated over its whole life. */
    private static final long YOUNG_NANOS = 30_000_000_000L;

    private final Map<String, Look> looks = new ConcurrentHashMap<>();

    /** @param rate nanoseconds of CPU time per second, null while there was one look only */
    private record Look(
            long atNanos, long cpuNanos, @Nullable Long rate) {}

    /**
     * Notes a look and returns the rate.
     *
     * @param atNanos monotonic time
     * @param cpuNanos CPU time so far
     * @param ageNanos how old the subject is; beyond half a minute it does not matter
     * @return nanoseconds per second; empty while nothing can be said
     */
    OptionalLong observe(String subject, long atNanos, long cpuNanos, long ageNanos) {
        Look look = looks.compute(
                subject,
                (key, last) -> last == null ? first(atNanos, cpuNanos, ageNanos) : next(last, atNanos, cpuNanos));
        Long rate = look.rate();
        return rate == null ? OptionalLong.empty() : OptionalLong.of(rate);
    }

    private static Look first(long atNanos, long cpuNanos, long ageNanos) {
        boolean young = ageNanos >= MIN_WINDOW_NANOS && ageNanos <= YOUNG_NANOS;
        return new Look(atNanos, cpuNanos, young ? rate(cpuNanos, ageNanos) : null);
    }

    private static Look next(Look last, long atNanos, long cpuNanos) {
        long window = atNanos - last.atNanos();
        if (window < MIN_WINDOW_NANOS) {
            return last;
        }
        long used = cpuNanos - last.cpuNanos();
        // A cgroup that was made anew counts from zero.
        return new Look(atNanos, cpuNanos, used < 0 ? null : rate(used, window));
    }

    private static Long rate(long cpuNanos, long windowNanos) {
        return (long) (cpuNanos * 1e9 / windowNanos);
    }

    /** Whether the last look at a subject is at least that long past, or there was none. */
    boolean isDue(String subject, long atNanos, long afterNanos) {
        Look last = looks.get(subject);
        return last == null || atNanos - last.atNanos() >= afterNanos;
    }

    /** Forgets all but these. */
    void keepOnly(Set<String> subjects) {
        looks.keySet().retainAll(subjects);
    }

    int size() {
        return looks.size();
    }
}

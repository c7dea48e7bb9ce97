package io.gantry.pod.stats;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Figures that were read a moment ago. Lists tell them again, with the time at which they were read, instead of reading
 * them once for each of several callers.
 */
final class Recent<T> {
    static final Duration MOMENT = Duration.ofSeconds(1);

    private final Map<String, Entry<T>> entries = new ConcurrentHashMap<>();

    private record Entry<T>(T figures, long atNanos) {}

    /** Null when there are none, or they are older than a moment. */
    @Nullable
    T get(String subject, long nowNanos) {
        Entry<T> entry = entries.get(subject);
        return entry == null || nowNanos - entry.atNanos() > MOMENT.toNanos() ? null : entry.figures();
    }

    void put(String subject, T figures, long nowNanos) {
        entries.put(subject, new Entry<>(figures, nowNanos));
    }

    /** Forgets all that are older than a moment. */
    void expire(long nowNanos) {
        entries.values().removeIf(entry -> nowNanos - entry.atNanos() > MOMENT.toNanos());
    }

    int size() {
        return entries.size();
    }
}

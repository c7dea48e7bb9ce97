package io.gantry.image.progress;

import java.util.HashMap;
import java.util.Map;

/** The progress of each pull, the same for all who wait for it, for as long as one of them does. */
public final class SharedProgress<K> {
    private static final class Entry {
        final PullProgress progress = new PullProgress();
        int waiting;
    }

    private final Map<K, Entry> entries = new HashMap<>();

    /** Begins to wait for a pull; {@link #leave} is to be called once for each call. */
    public synchronized PullProgress join(K key) {
        Entry entry = entries.computeIfAbsent(key, _ -> new Entry());
        entry.waiting++;
        return entry.progress;
    }

    /** Waits no more. */
    public synchronized void leave(K key) {
        Entry entry = entries.get(key);
        if (entry != null && --entry.waiting == 0) {
            entries.remove(key);
        }
    }
}

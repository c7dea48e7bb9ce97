package io.gantry.image.progress;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The progress of each pull, the same for all who wait for it, for as long as one of them does. */
public final class SharedProgress<K> {
    private static final class Entry {
        final PullProgress progress = new PullProgress();
        int waiting;
    }

    private final ConcurrentMap<K, Entry> entries = new ConcurrentHashMap<>();

    /** Begins to wait for a pull; {@link #leave} is to be called once for each call. */
    public PullProgress join(K key) {
        return entries.compute(key, (_, there) -> {
                    Entry entry = there == null ? new Entry() : there;
                    entry.waiting++;
                    return entry;
                })
                .progress;
    }

    /** Waits no more. */
    public void leave(K key) {
        entries.computeIfPresent(key, (_, entry) -> --entry.waiting == 0 ? null : entry);
    }
}

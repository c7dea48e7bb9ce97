package io.gantry.platform.concurrent;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One fair lock per key, made when first asked for and forgotten when nobody holds or waits for it. Reentrant: a thread
 * that holds a key may take it again.
 */
public final class KeyedLocks<K> {
    private static final class Entry {
        final ReentrantLock lock = new ReentrantLock(true);
        /** Guarded by the map's compute. */
        int users;
    }

    private final ConcurrentMap<K, Entry> entries = new ConcurrentHashMap<>();

    /**
     * Waits for the lock of a key. To be used as a resource of {@code try}; closed by the thread that took it.
     *
     * @throws InterruptedException when interrupted while waiting; nothing is held then
     */
    public Held lock(K key) throws InterruptedException {
        Entry entry = entries.compute(key, (ignored, present) -> {
            Entry used = present == null ? new Entry() : present;
            used.users++;
            return used;
        });
        try {
            entry.lock.lockInterruptibly();
        } catch (InterruptedException e) {
            leave(key);
            throw e;
        }
        return new Held(key, entry);
    }

    /** How many keys are held or waited for. */
    public int size() {
        return entries.size();
    }

    private void leave(K key) {
        entries.computeIfPresent(key, (ignored, entry) -> --entry.users == 0 ? null : entry);
    }

    /** A lock that is held until closed. */
    public final class Held implements AutoCloseable {
        private final K key;
        private final Entry entry;
        private boolean released;

        private Held(K key, Entry entry) {
            this.key = key;
            this.entry = entry;
        }

        /** Releases the lock; idempotent. @throws IllegalMonitorStateException on a thread that does not hold it */
        @Override
        public void close() {
            if (!released) {
                entry.lock.unlock();
                released = true;
                leave(key);
            }
        }
    }
}

package io.gantry.image.snapshot;

import io.gantry.image.tree.TreeUsage;
import io.gantry.platform.linux.BlockingCalls;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Disk space of snapshots, from the walks of a thread of its own: whoever asks gets the last figures at once. Only a
 * snapshot that was never walked is walked for the one who asks.
 */
public final class SnapshotMeter implements AutoCloseable {
    private final SnapshotStore store;
    private final Duration pause;
    private final Map<String, SnapshotUsage> usages = new ConcurrentHashMap<>();
    private final Thread thread;

    /** @param pause between two walks of everything */
    public SnapshotMeter(SnapshotStore store, Duration pause) {
        this.store = store;
        this.pause = pause;
        this.thread =
                Thread.ofPlatform().name("gantry-snapshot-meter").daemon(true).unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(pause);
                measureAll();
            }
        } catch (InterruptedException _) {
            // closed
        }
    }

    /** Walks every snapshot now. */
    void measureAll() throws InterruptedException {
        Map<String, Path> uppers = store.uppers();
        usages.keySet().retainAll(uppers.keySet());
        for (Map.Entry<String, Path> upper : uppers.entrySet()) {
            measure(upper.getKey(), upper.getValue());
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while measuring snapshots");
            }
        }
    }

    private SnapshotUsage measure(String key, Path upper) {
        Instant now = Instant.now();
        TreeUsage usage = BlockingCalls.call(() -> TreeUsage.measure(store.syscalls(), upper));
        SnapshotUsage measured = new SnapshotUsage(usage.bytes(), usage.inodes(), now);
        usages.put(key, measured);
        return measured;
    }

    /** The last figures of a snapshot; empty when there is no such snapshot. */
    public Optional<SnapshotUsage> usage(String key) {
        return store.upper(key).map(upper -> {
            SnapshotUsage known = usages.get(key);
            return known == null ? measure(key, upper) : known;
        });
    }

    /** The last figures of all snapshots together; {@code measuredAt} is that of the oldest, now when there are none. */
    public SnapshotUsage total() {
        long bytes = 0;
        long inodes = 0;
        Instant oldest = Instant.now();
        for (SnapshotUsage usage : usages.values()) {
            bytes += usage.bytes();
            inodes += usage.inodes();
            oldest = usage.measuredAt().isBefore(oldest) ? usage.measuredAt() : oldest;
        }
        return new SnapshotUsage(bytes, inodes, oldest);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}

package io.gantry.image.registry;

import java.util.function.LongSupplier;

/** Watches whether the network keeps the reader of a blob waiting. Used by one thread. */
final class Starvation {
    /** Of the time; in the rest the reader was busy, and so were all buffers before it. */
    private static final double WAITING_SHARE = 0.75;

    private final long windowBytes;
    private final long slowBytesPerSecond;
    private final LongSupplier nanoTime;
    private long bytes;
    private long waited;
    private long since;

    Starvation(RangePolicy policy) {
        this(policy, System::nanoTime);
    }

    Starvation(RangePolicy policy, LongSupplier nanoTime) {
        this.windowBytes = Math.max(1, policy.leastBytes() / 8);
        this.slowBytesPerSecond = policy.slowBytesPerSecond();
        this.nanoTime = nanoTime;
        this.since = nanoTime.getAsLong();
    }

    /**
     * Counts a read. Bytes often come in bursts, one for each round trip, so that what counts is not how many reads had to
     * wait but for how long they did.
     *
     * @param nanos how long the network took for it
     * @return whether the last few megabytes came slowly while there was nothing else to wait for
     */
    boolean sees(int count, long nanos) {
        bytes += count;
        waited += nanos;
        if (bytes < windowBytes) {
            return false;
        }
        long now = nanoTime.getAsLong();
        long elapsed = Math.max(1, now - since);
        boolean starving = waited >= elapsed * WAITING_SHARE && bytes / (elapsed / 1e9) < slowBytesPerSecond;
        bytes = 0;
        waited = 0;
        since = now;
        return starving;
    }
}

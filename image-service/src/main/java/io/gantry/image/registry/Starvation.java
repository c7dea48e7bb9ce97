package io.gantry.image.registry;

/** Watches whether the network keeps the reader of a blob waiting. Used by one thread. */
final class Starvation {
    /** Of all reads; in the rest the reader was busy when bytes came. */
    private static final double WAITING_SHARE = 0.75;

    private final long windowBytes;
    private final long slowBytesPerSecond;
    private long bytes;
    private int reads;
    private int waits;
    private long since = System.nanoTime();

    Starvation(RangePolicy policy) {
        this.windowBytes = Math.max(1, policy.leastBytes() / 8);
        this.slowBytesPerSecond = policy.slowBytesPerSecond();
    }

    /**
     * Counts a read.
     *
     * @return whether the last few megabytes came slowly while the reader had nothing else to do
     */
    boolean sees(int count, boolean readerWaits) {
        bytes += count;
        reads++;
        waits += readerWaits ? 1 : 0;
        if (bytes < windowBytes) {
            return false;
        }
        long now = System.nanoTime();
        double seconds = Math.max(1, now - since) / 1e9;
        boolean starving = waits >= reads * WAITING_SHARE && bytes / seconds < slowBytesPerSecond;
        bytes = 0;
        reads = 0;
        waits = 0;
        since = now;
        return starving;
    }
}

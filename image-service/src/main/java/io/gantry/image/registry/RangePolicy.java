package io.gantry.image.registry;

/**
 * When a blob is fetched over several connections: only when one is the bottleneck, since each costs the registry and this
 * host something. Object stores give each connection a share of 50 to 130 MB/s; a layer that is decompressed faster than
 * that gains by more of them.
 *
 * @param connections at most, of one blob; 1 for never more than one
 * @param segmentBytes of one request; as many bytes are held in memory for each connection, and once more
 * @param leastBytes that must still be missing
 * @param slowBytesPerSecond a connection that delivers more is fast enough
 */
public record RangePolicy(int connections, int segmentBytes, long leastBytes, long slowBytesPerSecond) {
    /** Four connections of 4 MiB, from 32 MiB on, below 128 MiB/s. */
    public static final RangePolicy DEFAULT = new RangePolicy(4, 4 << 20, 32L << 20, 128L << 20);

    public RangePolicy {
        if (connections < 1 || segmentBytes < 1 || leastBytes < 1 || slowBytesPerSecond < 1) {
            throw new IllegalArgumentException("range policy below 1: " + connections + ", " + segmentBytes + ", "
                    + leastBytes + ", " + slowBytesPerSecond);
        }
    }

    /** The same with another number of connections. */
    public RangePolicy withConnections(int number) {
        return new RangePolicy(number, segmentBytes, leastBytes, slowBytesPerSecond);
    }
}

package io.gantry.image.extract;

/**
 * What one layer may unpack to.
 *
 * @param maxBytes length of its tar stream, and so of all its file data together
 * @param maxEntries number of members of its tar stream
 */
public record ExtractionLimits(long maxBytes, long maxEntries) {
    /** 128 GiB and 8 million entries: above every image in the field, below what fills a node by one bad layer. */
    public static final ExtractionLimits DEFAULT = new ExtractionLimits(128L << 30, 8_000_000);

    public ExtractionLimits {
        if (maxBytes < 1 || maxEntries < 1) {
            throw new IllegalArgumentException("limits below 1: " + maxBytes + " bytes, " + maxEntries + " entries");
        }
    }
}

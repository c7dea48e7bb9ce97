package io.gantry.image.extract;

/**
 * Where the data of a file with holes goes.
 *
 * @param realSize size of the file with its holes
 * @param offsets where each stretch of data begins, rising
 * @param lengths how long each is
 */
@SuppressWarnings("ArrayRecordComponent") // internal, never compared
record SparseMap(long realSize, long[] offsets, long[] lengths) {
    /** More stretches than any real file has; GNU tar's own map of them would take a megabyte. */
    static final int MAX_STRETCHES = 1 << 16;

    /**
     * Checks a map against the bytes of data that the archive holds.
     *
     * @throws TarException when stretches overlap, leave the file or do not add up
     */
    static SparseMap checked(long realSize, long[] offsets, long[] lengths, long dataSize, String name)
            throws TarException {
        long end = 0;
        long sum = 0;
        for (int i = 0; i < offsets.length; i++) {
            if (offsets[i] < end || lengths[i] < 0 || offsets[i] > realSize - lengths[i]) {
                throw new TarException("sparse map of " + TarNames.quote(name) + " is out of order");
            }
            end = offsets[i] + lengths[i];
            sum += lengths[i];
        }
        if (sum != dataSize) {
            throw new TarException("sparse map of " + TarNames.quote(name) + " is for " + sum
                    + " bytes of data, the archive holds " + dataSize);
        }
        return new SparseMap(realSize, offsets, lengths);
    }
}

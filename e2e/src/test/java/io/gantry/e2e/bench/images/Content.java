package io.gantry.e2e.bench.images;

/** Fills buffers with bytes that compress like the files of images: words of a vocabulary, some far more often than others. */
final class Content {
    private static final int WORDS = 4096;
    private static final int SLOT = 16;

    private final byte[] vocabulary = new byte[WORDS * SLOT];
    private final int[] lengths = new int[WORDS];
    private final Dice dice;

    Content(Dice dice) {
        this.dice = dice;
        Dice words = new Dice(4711);
        for (int i = 0; i < WORDS; i++) {
            lengths[i] = 3 + words.below(12);
            for (int at = 0; at < SLOT; at++) {
                vocabulary[i * SLOT + at] = (byte) (words.below(3) == 0 ? words.below(256) : 'a' + words.below(26));
            }
        }
    }

    /** Every eighth file is incompressible, as pictures and archives are. */
    void fill(byte[] target, int length, boolean compressible) {
        int at = 0;
        while (at < length) {
            long random = dice.next();
            if (!compressible) {
                for (int i = 0; i < 8 && at < length; i++, at++) {
                    target[at] = (byte) (random >>> 8 * i);
                }
                continue;
            }
            int word = (int) (random >>> 52) & (int) (random >>> 40) & WORDS - 1;
            int count = Math.min(lengths[word], length - at);
            System.arraycopy(vocabulary, word * SLOT, target, at, count);
            at += count;
        }
    }
}

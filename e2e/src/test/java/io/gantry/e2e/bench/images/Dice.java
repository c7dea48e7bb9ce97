package io.gantry.e2e.bench.images;

/** Numbers that look random and are the same for the same seed on every machine (xorshift64*). */
final class Dice {
    private long state;

    Dice(long seed) {
        this.state = seed * 0x9E3779B97F4A7C15L | 1;
        for (int i = 0; i < 8; i++) {
            next();
        }
    }

    long next() {
        state ^= state >>> 12;
        state ^= state << 25;
        state ^= state >>> 27;
        return state * 0x2545F4914F6CDD1DL;
    }

    int below(int bound) {
        return (int) ((next() >>> 33) % bound);
    }

    /** From {@code least} to {@code least << doublings}, each doubling as likely as the others. */
    int around(int least, int doublings) {
        int base = least << below(doublings);
        return base + below(base);
    }
}

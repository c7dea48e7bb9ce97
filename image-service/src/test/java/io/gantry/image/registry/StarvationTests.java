package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StarvationTests {
    private static final int PIECE = 32 << 10;
    private static final RangePolicy POLICY = RangePolicy.DEFAULT;
    private static final int READS = (int) (POLICY.leastBytes() / 8 / PIECE);

    private long now;

    private final Starvation starvation = new Starvation(POLICY, () -> now);

    private boolean read(long networkMillis, long readerMillis) {
        long nanos = TimeUnit.MILLISECONDS.toNanos(networkMillis);
        now += nanos;
        boolean seen = starvation.sees(PIECE, nanos);
        now += TimeUnit.MILLISECONDS.toNanos(readerMillis);
        return seen;
    }

    /** How many of the windows in so many reads were starving. */
    private int windows(int reads, long networkMillis, long readerMillis) {
        int starving = 0;
        for (int i = 0; i < reads; i++) {
            starving += read(networkMillis, readerMillis) ? 1 : 0;
        }
        return starving;
    }

    @Test
    void aSlowNetwork() {
        assertThat(windows(READS, 2, 0)).isEqualTo(1);
        assertThat(windows(2 * READS, 2, 0)).isEqualTo(2);
    }

    @Test
    void aNetworkThatDeliversInBursts() {
        int starving = 0;
        for (int i = 0; i < READS; i++) {
            starving += read(i % 16 == 0 ? 40 : 0, 0) ? 1 : 0;
        }
        assertThat(starving).isEqualTo(1);
    }

    @Test
    void aFastNetwork() {
        // A quarter of a millisecond would be 128 MiB/s.
        for (int i = 0; i < 4 * READS; i++) {
            now += 100_000;
            assertThat(starvation.sees(PIECE, 100_000)).isFalse();
        }
    }

    @Test
    void aSlowReader() {
        assertThat(windows(4 * READS, 0, 5)).isZero();
        assertThat(windows(4 * READS, 1, 5)).isZero();
    }
}

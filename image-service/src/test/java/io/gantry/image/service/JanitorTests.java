package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JanitorTests {
    @Test
    void itSweepsAgainAndAgainWhateverHappens() throws Exception {
        CountDownLatch sweeps = new CountDownLatch(3);
        AtomicInteger leftovers = new AtomicInteger();
        try (Janitor janitor = new Janitor(
                () -> {
                    leftovers.incrementAndGet();
                    throw new IllegalStateException("leftovers");
                },
                () -> {
                    sweeps.countDown();
                    throw new IllegalStateException("sweep");
                },
                Duration.ofMillis(1))) {
            janitor.start();
            sweeps.await();
        }
        assertThat(leftovers).hasValue(1);
    }

    @Test
    void closingEndsALongPause() {
        Janitor janitor = new Janitor(() -> {}, () -> {}, Duration.ofDays(1));
        janitor.start();
        janitor.close();
    }

    @Test
    void pauses() {
        assertThat(Janitor.pauseFor(Duration.ZERO)).hasMinutes(1);
        assertThat(Janitor.pauseFor(Duration.ofMinutes(20))).hasMinutes(5);
        assertThat(Janitor.pauseFor(Duration.ofDays(1))).hasMinutes(15);
    }
}

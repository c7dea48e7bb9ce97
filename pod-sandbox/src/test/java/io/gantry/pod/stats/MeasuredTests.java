package io.gantry.pod.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MeasuredTests {
    private final Queue<Runnable> work = new ArrayDeque<>();
    private final AtomicInteger walks = new AtomicInteger();
    private final Measured<String> measured =
            new Measured<>(id -> Optional.of(id + walks.incrementAndGet()), work::add);

    @Test
    void aCallDoesNotWaitForTheWalkThatItStarts() throws Exception {
        assertThat(measured.get("a", Duration.ZERO)).isEmpty();
        assertThat(measured.get("a", Duration.ZERO)).isEmpty();
        assertThat(work).hasSize(1);

        work.remove().run();

        assertThat(measured.get("a", Duration.ZERO)).contains("a1");
        assertThat(work).isEmpty();
    }

    @Test
    void refreshingMeasuresAnewAndForgetsTheOthers() throws Exception {
        measured.refresh(Set.of("a", "b"));
        measured.refresh(Set.of("a"));

        assertThat(measured.size()).isEqualTo(1);
        assertThat(measured.get("a", Duration.ZERO)).contains("a3");
    }

    @Test
    void whatCannotBeMeasuredIsNotThere() throws Exception {
        Measured<String> failing = new Measured<>(
                id -> {
                    throw GantryException.of(ErrorKind.INTERNAL, "walk " + id, "no");
                },
                Runnable::run);

        assertThat(failing.get("a", Duration.ofSeconds(1))).isEmpty();
        failing.refresh(Set.of("a"));
        assertThat(failing.get("a", Duration.ZERO)).isEmpty();
    }
}

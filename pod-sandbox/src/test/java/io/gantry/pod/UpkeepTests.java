package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With a clock that only the sleeps move on. */
class UpkeepTests {
    private final List<String> passes = new ArrayList<>();
    private Duration now = Duration.ZERO;

    /**
     * @param failures how many passes fail first
     * @param failuresAfterCollection how many fail after each collection
     */
    private void run(Duration end, int failures, int failuresAfterCollection) {
        int[] left = {failures};
        Upkeep upkeep = new Upkeep(
                () -> {
                    passes.add("reconcile " + now);
                    return left[0]-- <= 0;
                },
                () -> {
                    passes.add("collect " + now);
                    left[0] = failuresAfterCollection;
                    return left[0]-- <= 0;
                },
                duration -> {
                    assertThat(duration).isPositive();
                    now = now.plus(duration);
                    if (now.compareTo(end) > 0) {
                        throw new InterruptedException();
                    }
                });
        assertThatThrownBy(upkeep::run).isInstanceOf(InterruptedException.class);
    }

    @Test
    void whereAllIsDoneOnlyNetworksAreCollected() {
        run(Duration.ofHours(13), 0, 0);

        assertThat(passes).containsExactly("reconcile PT0S", "collect PT6H", "collect PT12H");
    }

    @Test
    void whatFailsIsTriedAgainWithPausesThatGrow() {
        run(Duration.ofHours(7), 4, 0);

        assertThat(passes)
                .containsExactly(
                        "reconcile PT0S",
                        "reconcile PT10S",
                        "reconcile PT30S",
                        "reconcile PT1M10S",
                        "reconcile PT2M30S",
                        "collect PT6H");
    }

    @Test
    void whatNeverSucceedsIsTriedHourlyAndKeepsNoCollectionBack() {
        run(Duration.ofHours(25), Integer.MAX_VALUE, Integer.MAX_VALUE);

        assertThat(passes.stream().filter(pass -> pass.startsWith("collect")))
                .containsExactly("collect PT6H", "collect PT12H", "collect PT18H", "collect PT24H");
        assertThat(passes).hasSizeBetween(25, 40);
    }

    @Test
    void aCollectionThatFailsIsTriedAgainSoon() {
        run(Duration.ofHours(7), 0, 2);

        assertThat(passes).containsExactly("reconcile PT0S", "collect PT6H", "reconcile PT6H10S", "reconcile PT6H30S");
    }
}

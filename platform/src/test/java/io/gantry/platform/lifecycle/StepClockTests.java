package io.gantry.platform.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StepClockTests {
    @Test
    void stepsAreToldInTheOrderOfTheirEnds() {
        StepClock clock = new StepClock();
        long since = System.nanoTime();
        clock.lap("record");
        clock.beside("files", since);
        clock.lap("network");

        assertThat(clock.steps()).extracting(StepClock.Step::name).containsExactly("record", "files", "network");
        assertThat(clock.steps())
                .extracting(StepClock.Step::took)
                .allMatch(took -> took.compareTo(Duration.ofMinutes(1)) < 0 && !took.isNegative());
        assertThat(clock.toString()).matches("total=[0-9.]+ record=[0-9.]+ files=[0-9.]+ network=[0-9.]+");
    }
}

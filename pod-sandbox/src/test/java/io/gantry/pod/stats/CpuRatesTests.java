package io.gantry.pod.stats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class CpuRatesTests {
    private static final long SECOND = 1_000_000_000L;
    private static final long OLD = Long.MAX_VALUE;

    private final CpuRates rates = new CpuRates();

    @Test
    void theFirstLookAtAnOldSubjectTellsNothing() {
        assertThat(rates.observe("a", 100 * SECOND, 5 * SECOND, OLD)).isEmpty();
    }

    @Test
    void theFirstLookAtAYoungSubjectTellsOfItsWholeLife() {
        assertThat(rates.observe("a", 100 * SECOND, SECOND, 4 * SECOND)).hasValue(SECOND / 4);
        assertThat(rates.observe("b", 100 * SECOND, SECOND, SECOND / 2)).isEmpty();
    }

    @Test
    void theRateIsThatBetweenTwoLooks() {
        var unused = rates.observe("a", 100 * SECOND, 5 * SECOND, OLD);

        assertThat(rates.observe("a", 110 * SECOND, 20 * SECOND, OLD)).hasValue(SECOND * 3 / 2);
        assertThat(rates.observe("a", 112 * SECOND, 20 * SECOND, OLD)).hasValue(0);
    }

    @Test
    void looksInQuickSuccessionTellTheSame() {
        var first = rates.observe("a", 100 * SECOND, 0, OLD);
        assertThat(first).isEmpty();
        assertThat(rates.observe("a", 102 * SECOND, SECOND, OLD)).hasValue(SECOND / 2);

        assertThat(rates.observe("a", 102 * SECOND + 1000, 2 * SECOND, OLD)).hasValue(SECOND / 2);
        assertThat(rates.observe("a", 104 * SECOND, 3 * SECOND, OLD)).hasValue(SECOND);
    }

    @Test
    void aCounterThatWasSetBackStartsAnew() {
        var unused = rates.observe("a", 100 * SECOND, 5 * SECOND, OLD);

        assertThat(rates.observe("a", 102 * SECOND, SECOND, OLD)).isEmpty();
        assertThat(rates.observe("a", 104 * SECOND, 2 * SECOND, OLD)).hasValue(SECOND / 2);
    }

    @Test
    void subjectsThatAreGoneAreForgotten() {
        var unusedA = rates.observe("a", 100 * SECOND, 0, OLD);
        var unusedB = rates.observe("b", 100 * SECOND, 0, OLD);

        rates.keepOnly(Set.of("b"));

        assertThat(rates.size()).isEqualTo(1);
        assertThat(rates.isDue("a", 101 * SECOND, 5 * SECOND)).isTrue();
        assertThat(rates.isDue("b", 101 * SECOND, 5 * SECOND)).isFalse();
        assertThat(rates.isDue("b", 105 * SECOND, 5 * SECOND)).isTrue();
    }
}

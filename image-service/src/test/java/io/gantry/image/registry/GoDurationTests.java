package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTests {
    @Test
    void readsWhatGoWrites() {
        assertThat(GoDuration.parse("30s")).contains(Duration.ofSeconds(30));
        assertThat(GoDuration.parse("1h2m3.5s")).contains(Duration.ofMillis(3_723_500));
        assertThat(GoDuration.parse("250ms")).contains(Duration.ofMillis(250));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "s", "-1s", "1 s", "1d", "0s", "999999999999h", "1s "})
    void refusesTheRest(String text) {
        assertThat(GoDuration.parse(text)).isEmpty();
    }
}

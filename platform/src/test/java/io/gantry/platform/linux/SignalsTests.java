package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalsTests {
    @ParameterizedTest
    @CsvSource({
        "SIGTERM,15",
        "term,15",
        "15,15",
        "SIGKILL,9",
        "SIGRTMIN,34",
        "SIGRTMIN+3,37",
        "RTMAX,64",
        "sigrtmax-1,63",
        "64,64",
        "SIGWINCH,28",
        "SIGPOLL,29"
    })
    void parsesWhatImageConfigsSay(String text, int number) {
        assertThat(Signals.parse(text)).hasValue(number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "65",
                "-1",
                "SIGNOPE",
                "SIGRTMIN-1",
                "SIGRTMIN+99",
                "SIGRTMAX+1",
                "SIGRTMAX-31",
                "15 " + "x",
                "99999999999",
                "SIGRTMIN+"
            })
    void refusesTheRest(String text) {
        assertThat(Signals.parse(text)).isEmpty();
    }

    @Test
    void namesReadBack() {
        for (int signal = 1; signal <= 64; signal++) {
            if (signal != 32 && signal != 33) {
                assertThat(Signals.parse(Signals.name(signal))).hasValue(signal);
            }
        }
        assertThat(Signals.name(37)).isEqualTo("SIGRTMIN+3");
    }
}

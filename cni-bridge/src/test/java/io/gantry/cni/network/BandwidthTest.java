package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BandwidthTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0", "10M, 10000000", "1.5k, 1500", "1Gi, 1073741824", "2e6, 2000000", "2E6, 2000000",
                "3E, 3000000000000000000",
        "1500m, 2", ".5M, 500000", "5., 5", "12e-1, 2", "+7, 7", "1u, 1", "1Ei, 1152921504606846976"
    })
    void readsQuantities(String text, String amount) {
        assertThat(Quantity.parse(text)).hasToString(amount);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "M", "10MB", "1 0", "0x10", "1e", "--1", "1e999999999", "10m5"})
    void refusesWhatIsNoQuantity(String text) {
        assertThatThrownBy(() -> Quantity.parse(text)).isInstanceOf(NumberFormatException.class);
    }

    @Test
    void isNotThereWithoutAnnotations() {
        assertThat(Bandwidth.of(Map.of("other", "x"), "attach")).isEmpty();
    }

    @Test
    void givesRatesInBitsPerSecond() {
        assertThat(Bandwidth.of(
                        Map.of("kubernetes.io/ingress-bandwidth", "10M", "kubernetes.io/egress-bandwidth", "1G"),
                        "attach"))
                .hasToString("Optional[{\"ingressRate\":10000000,\"ingressBurst\":2147483647,"
                        + "\"egressRate\":1000000000,\"egressBurst\":2147483647}]");
    }

    @ParameterizedTest
    @CsvSource({
        "fast, is not a quantity",
        "10, is not between 1k and 1P bits per second",
        "2P, is not between 1k and 1P bits per second",
        "-5M, is not between 1k and 1P bits per second"
    })
    void refusesOtherAmounts(String text, String problem) {
        assertThatThrownBy(() -> Bandwidth.of(Map.of("kubernetes.io/egress-bandwidth", text), "attach x"))
                .isInstanceOf(GantryException.class)
                .hasMessage("attach x: annotation kubernetes.io/egress-bandwidth \"" + text + "\" " + problem
                        + "; write bits per second, 10M for one");
    }
}

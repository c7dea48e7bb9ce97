package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathBytesTests {
    @RepeatedTest(200)
    void anyBytesSurviveTheRoundTrip(RepetitionInfo repetition) {
        byte[] bytes = new byte[64];
        new Random(repetition.getCurrentRepetition()).nextBytes(bytes);
        assertThat(PathBytes.encode(PathBytes.decode(bytes, 0, bytes.length))).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "plain", "grüße", "日本語", "🚢 ship", "mixed ü🚢x"})
    void textIsUtf8(String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertThat(PathBytes.encode(text)).isEqualTo(bytes);
        assertThat(PathBytes.decode(bytes, 0, bytes.length)).isEqualTo(text);
        assertThat(PathBytes.terminated(text)).hasSize(bytes.length + 1).endsWith(0);
    }

    @Test
    void aNulByteIsRefused() {
        assertThatThrownBy(() -> PathBytes.terminated("a\0b"))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }
}

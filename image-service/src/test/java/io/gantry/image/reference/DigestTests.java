package io.gantry.image.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTests {
    private static final String EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    @Test
    void hashesAndPrints() {
        assertThat(Digest.ofSha256(new byte[0])).hasToString(EMPTY).isEqualTo(Digest.parse(EMPTY));
        Digest long512 = Digest.of(Digest.Algorithm.SHA512, new byte[0]);
        assertThat(Digest.parse(long512.toString())).isEqualTo(long512);
        assertThat(Digest.parse(EMPTY).shortHex()).isEqualTo("e3b0c44298fc");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sha256",
                "sha256:",
                ":abc",
                "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
                "SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
                "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
                "sha256:../../../../../../etc/passwd0000000000000000000000000000000000000"
            })
    void refusesEverythingElse(String text) {
        assertThatExceptionOfType(GantryException.class)
                .isThrownBy(() -> Digest.parse(text))
                .withMessageStartingWith("read digest");
    }
}

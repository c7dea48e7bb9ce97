package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengeTests {
    @Test
    void parametersComeInAnyOrderAndSpacing() {
        assertThat(Challenge.parse(List.of(
                        "Bearer scope=\"repository:a/b:pull,push\" ,service = reg , Realm=\"https://t/x?y=1\"")))
                .containsExactly(new Challenge(
                        "bearer",
                        Map.of("scope", "repository:a/b:pull,push", "service", "reg", "realm", "https://t/x?y=1")));
    }

    @Test
    void severalChallengesInOneLineAndInSeveral() {
        List<Challenge> found = Challenge.parse(List.of(
                "Negotiate abc==, Basic realm=\"a, \\\"b\\\"\", Bearer realm=\"r\"",
                "Digest nonce=\"1\", qop=auth",
                "NTLM"));
        assertThat(found)
                .extracting(Challenge::scheme)
                .containsExactly("negotiate", "basic", "bearer", "digest", "ntlm");
        assertThat(found.get(1).parameter("realm")).isEqualTo("a, \"b\"");
        assertThat(found.get(3).parameters()).isEqualTo(Map.of("nonce", "1", "qop", "auth"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",",
                "=",
                "\"",
                "Bearer realm=\"open",
                "Bearer realm=",
                "Bearer =x",
                "Bearer \"x\"",
                "a=b=c,,,=\\"
            })
    void nonsenseEndsWithoutAnError(String header) {
        assertThat(Challenge.parse(List.of(header))).hasSizeLessThan(8);
    }
}

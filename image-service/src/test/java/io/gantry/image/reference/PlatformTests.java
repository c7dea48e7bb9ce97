package io.gantry.image.reference;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlatformTests {
    private static Platform linux(String architecture, String variant) {
        return Platform.of("Linux", architecture, variant.isEmpty() ? null : variant);
    }

    @Test
    void spellingsAreMadeOne() {
        assertThat(linux("x86_64", "")).hasToString("linux/amd64");
        assertThat(linux("amd64", "v1")).hasToString("linux/amd64");
        assertThat(linux("aarch64", "v8")).hasToString("linux/arm64");
        assertThat(linux("arm", "7")).hasToString("linux/arm/v7");
        assertThat(linux("armhf", "")).hasToString("linux/arm/v7");
        assertThat(linux("armel", "")).hasToString("linux/arm/v6");
        assertThat(linux("i686", "")).hasToString("linux/386");
    }

    @Test
    void olderVariantsRunAndNewerOnesDoNot() {
        assertThat(linux("arm", "v7").rank(linux("arm", "v7"))).hasValue(0);
        assertThat(linux("arm", "v7").rank(linux("arm", "v6"))).hasValue(1);
        assertThat(linux("arm", "v6").rank(linux("arm", "v7"))).isEmpty();
        assertThat(linux("arm64", "").rank(linux("arm64", "v8"))).hasValue(0);
        assertThat(linux("amd64", "").rank(linux("amd64", "v3"))).isEmpty();
        assertThat(linux("amd64", "").rank(linux("arm64", ""))).isEmpty();
        assertThat(linux("amd64", "").rank(Platform.of("windows", "amd64", null)))
                .isEmpty();
        assertThat(linux("amd64", "").rank(Platform.of("unknown", "unknown", null)))
                .isEmpty();
    }

    @Test
    void thisMachineIsLinux() {
        assertThat(Platform.current().os()).isEqualTo("linux");
        assertThat(Platform.current().rank(Platform.current())).hasValue(0);
    }
}

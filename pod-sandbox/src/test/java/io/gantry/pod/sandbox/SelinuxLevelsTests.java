package io.gantry.pod.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SelinuxOptions;
import io.gantry.pod.spec.RequestFixture;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import io.gantry.pod.testing.Records;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SelinuxLevelsTests {
    private static PodSandboxConfig pod(@Nullable SelinuxOptions options) {
        PodSandboxConfig pod = new RequestFixture().request().pod();
        SandboxSecurity security = Records.with(pod.security(), "selinux", options);
        return Records.with(pod, "security", security);
    }

    private static PodSandbox sandbox(String level) {
        return new PodSandbox(
                "s1",
                pod(null),
                "",
                "runc",
                SandboxState.READY,
                Instant.EPOCH,
                "s",
                null,
                "boot",
                List.of(),
                false,
                "/s",
                level);
    }

    /** Gives zeros at first, then ones, and so on. */
    private static RandomGenerator counting() {
        return new RandomGenerator() {
            private int calls;

            @Override
            public long nextLong() {
                return calls++ / 2;
            }

            @Override
            public int nextInt(int bound) {
                return (int) (nextLong() % bound);
            }

            @Override
            public int nextInt(int origin, int bound) {
                return origin + (int) (nextLong() % (bound - origin));
            }
        };
    }

    @Test
    void theLevelAskedForIsTaken() {
        assertThat(SelinuxLevels.choose(pod(new SelinuxOptions("", "", "", "s0:c7,c9")), List.of()))
                .isEqualTo("s0:c7,c9");
    }

    @Test
    void everyPodHasItsOwn() {
        assertThat(SelinuxLevels.choose(pod(null), List.of())).matches("s0:c[0-9]+,c[0-9]+");
        assertThat(SelinuxLevels.choose(pod(null), List.of(), counting())).isEqualTo("s0:c0,c1");
        assertThat(SelinuxLevels.choose(pod(null), List.of(sandbox("s0:c0,c1")), counting()))
                .isEqualTo("s0:c1,c3");
    }
}

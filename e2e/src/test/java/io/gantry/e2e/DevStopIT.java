package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.Toolbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@code ./dev run} works twice in a row and {@code ./dev stop} leaves nothing, on a demo beside a user's own. */
class DevStopIT {
    private static final String NAME = "gantry-devt";

    @Test
    void runTwiceThenStopLeavesNothing() throws Exception {
        CriRun.assumeReady();
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "is about ./dev run, which starts Gantry alone");
        assumeFalse(Files.exists(Path.of("/run", NAME)), "needs /run/" + NAME + ", which an earlier run left");
        try {
            Result first = dev("run");
            assertThat(first.status()).as(first.output() + first.error()).isZero();
            assertThat(first.output())
                    .contains("Hello from hello")
                    .contains("inet 10.")
                    .contains("Try next");
            Result second = dev("run");
            assertThat(second.status()).as(second.output() + second.error()).isZero();
            assertThat(second.output()).contains("Gantry is running already").contains("Hello from hello");
        } finally {
            Result stop = dev("stop");
            assertThat(stop.status()).as(stop.output() + stop.error()).isZero();
            assertThat(stop.output()).contains("nothing is left").doesNotContain("left by Gantry");
        }
        assertThat(Path.of("/run", NAME)).doesNotExist();
        assertThat(Path.of("/var/lib", NAME)).doesNotExist();
        assertThat(Path.of("/sys/class/net/gantrydevt0")).doesNotExist();
        assertThat(dev("stop").output()).contains("nothing to stop");
    }

    private static Result dev(String command) throws Exception {
        return Command.of(Toolbox.checkout().resolve("dev"), command)
                .env("GANTRY_DEV_NAME", NAME)
                .env("GANTRY_DEV_BUILT", "1")
                .within(Duration.ofMinutes(5))
                .result();
    }
}

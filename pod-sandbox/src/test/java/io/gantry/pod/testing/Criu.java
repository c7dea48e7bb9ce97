package io.gantry.pod.testing;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.SpawnProcessRunner;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;

/** criu(8) on the machine that runs the tests. */
public final class Criu {
    private Criu() {}

    /** Skips the test where criu is missing or does not get on with the kernel. */
    public static void assumeWorks() throws InterruptedException {
        try {
            ProcessResult check = SpawnProcessRunner.shared()
                    .run(Command.of("criu", "check"), Deadline.after(Duration.ofSeconds(60)));
            String text = (check.stdoutText() + check.stderrText()).strip();
            Assumptions.assumeTrue(
                    check.isSuccess(),
                    "criu does not work on this kernel: "
                            + text.lines().findFirst().orElse("")
                            + " (put a newer one first in PATH, see e2e/dev/criu.sh)");
        } catch (GantryException e) {
            Assumptions.abort("criu is missing: install the package criu, 4.1 or later");
        }
    }
}

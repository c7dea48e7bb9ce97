package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ProcessScanTests {
    private static final int NO_PID = 1 << 30;

    @Test
    void aProcessIsFoundByItsArgumentsAndHeld() throws Exception {
        String seconds = "1" + System.nanoTime();
        try (RunningProcess sleeper = SpawnProcessRunner.shared().start(Command.of("sleep", seconds))) {
            awaitArguments(sleeper.pid());
            List<Integer> found = new ArrayList<>();
            int count =
                    ProcessScan.forEach(pid -> ProcessScan.words(pid, "cmdline").contains(seconds), process -> {
                        found.add(process.pid());
                        boolean unused = process.signal(Signals.SIGKILL);
                    });

            assertThat(found).containsExactly(sleeper.pid());
            assertThat(count).isOne();
            assertThat(sleeper.waitFor(Deadline.after(Duration.ofSeconds(30)))
                            .status()
                            .signal())
                    .isEqualTo(Signals.SIGKILL);
        }
    }

    /** A program that was just begun has none for a moment: execve(2) lets its parent go on before it has set them. */
    private static void awaitArguments(int pid) throws InterruptedException {
        for (int i = 0; i < 1000 && ProcessScan.words(pid, "cmdline").size() < 2; i++) {
            Thread.sleep(1);
        }
    }

    @Test
    void oneWhoseNumberWentToAnotherIsLeftAlone() throws Exception {
        int self = Math.toIntExact(ProcessHandle.current().pid());
        AtomicInteger looks = new AtomicInteger();

        int count = ProcessScan.forEach(pid -> pid == self && looks.incrementAndGet() == 1, process -> {
            throw new AssertionError("it is another one now");
        });

        assertThat(count).isZero();
        assertThat(looks).hasValue(2);
    }

    @Test
    void oneThatHasEndedShowsNothing() throws Exception {
        assertThat(ProcessScan.words(NO_PID, "cmdline")).isEmpty();
        assertThat(ProcessScan.text(NO_PID, "cgroup")).isEmpty();
        assertThat(ProcessScan.program(NO_PID)).isEmpty();
        assertThat(ProcessScan.pids())
                .contains(Math.toIntExact(ProcessHandle.current().pid()));
    }
}

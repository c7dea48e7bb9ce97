package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PidFdTests {
    private static RunningProcess sleeper() {
        return SpawnProcessRunner.shared().start(Command.of("sleep", "1000"));
    }

    @Test
    void tellsTheEnd() throws Exception {
        try (RunningProcess process = sleeper();
                PidFd pidfd = PidFd.open(process.pid()).orElseThrow()) {
            CompletableFuture<Void> exited = pidfd.exited();
            assertThat(pidfd.isAlive()).isTrue();
            assertThat(exited).isNotDone();
            assertThat(pidfd.exited()).isSameAs(exited);

            assertThat(pidfd.signal(Signals.SIGTERM)).isTrue();
            exited.get(20, TimeUnit.SECONDS);
            assertThat(pidfd.isAlive()).isFalse();
            process.exited().get(20, TimeUnit.SECONDS);
            assertThat(pidfd.signal(Signals.SIGTERM)).isFalse();
        }
    }

    @Test
    void dependentsMayBlock() throws Exception {
        try (RunningProcess process = sleeper();
                PidFd pidfd = PidFd.open(process.pid()).orElseThrow()) {
            CompletableFuture<Boolean> dependent = pidfd.exited().thenApply(ignored -> {
                // Needs the watcher's thread, which must be free.
                try (RunningProcess other = SpawnProcessRunner.shared().start(Command.of("true"))) {
                    return other.exited().join().isSuccess();
                }
            });
            process.killGroup();
            assertThat(dependent.get(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void thereIsNoneForAPidThatNobodyHas() throws Exception {
        int pid;
        try (RunningProcess process = SpawnProcessRunner.shared().start(Command.of("true"))) {
            pid = process.pid();
            process.exited().get(20, TimeUnit.SECONDS);
        }
        assertThat(PidFd.open(pid)).isEmpty();
        assertThat(PidFd.open(0)).isEmpty();
        assertThat(ProcessIdentity.of(pid)).isEmpty();
    }

    @Test
    void refusesAReusedPid() {
        try (RunningProcess process = sleeper()) {
            ProcessIdentity identity = ProcessIdentity.of(process.pid()).orElseThrow();
            ProcessIdentity former = new ProcessIdentity(process.pid(), identity.startTime() - 1);
            try (PidFd opened = PidFd.open(identity).orElseThrow()) {
                assertThat(opened.pid()).isEqualTo(process.pid());
            }
            assertThat(identity.exists()).isTrue();
            assertThat(PidFd.open(former)).isEmpty();
            assertThat(former.exists()).isFalse();
            process.killGroup();
        }
    }

    @Test
    void readsTheStartTimeBehindAnAwkwardCommandName() {
        String stat = "42 (a ) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 98765 1000 2 3";
        assertThat(ProcessIdentity.startTime(stat)).isEqualTo(98765);
    }
}

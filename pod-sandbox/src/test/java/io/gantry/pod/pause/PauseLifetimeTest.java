package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.linux.WaitStatus;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long a pause process lives, and what becomes of the processes of its PID namespace. */
class PauseLifetimeTest {
    private final Syscalls syscalls = JnaSyscalls.instance();
    private PauseFixture fixture;

    @BeforeEach
    void open() {
        fixture = PauseFixture.open();
    }

    @AfterEach
    void close() {
        if (fixture != null) {
            fixture.close();
        }
    }

    /** This process takes in orphans for a moment, so that it sees how they end. */
    @ParameterizedTest
    @CsvSource({
        "SIGTERM, new, 0",
        "SIGINT, new, 0",
        "SIGTERM, host, 0",
        "SIGINT, host, 0",
        "SIGKILL, new, 9",
        "SIGKILL, host, 9"
    })
    void endsOnTheSignal(String signal, String pidNamespace, int status) throws Exception {
        syscalls.prctl(LinuxConstants.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        try {
            ProcessIdentity pause = fixture.start(
                    fixture.argv(List.of("--net", "host", "--ipc", "host", "--uts", "host", "--pid", pidNamespace)));

            syscalls.kill(pause.pid(), Signals.parse(signal).orElseThrow());
            WaitStatus end = syscalls.waitid(LinuxConstants.P_PID, pause.pid(), LinuxConstants.WEXITED);

            assertThat(end).isNotNull();
            assertThat(end.status()).isEqualTo(status);
            assertThat(end.isSignalled()).isEqualTo(signal.equals("SIGKILL"));
        } finally {
            syscalls.prctl(LinuxConstants.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
        }
    }

    @Test
    void survivesTheDeathOfWhoeverStartedIt() throws Exception {
        String script = "\"$@\" && kill -KILL $$";
        List<String> argv = new ArrayList<>(List.of("sh", "-c", script, "sh"));
        argv.addAll(fixture.allNew());

        ProcessResult result = PauseFixture.run(argv);

        assertThat(result.status().signal()).isEqualTo(Signals.SIGKILL);
        ProcessIdentity pause = PauseAnswer.parse(result.stdoutText())
                .flatMap(PauseAnswer::process)
                .orElseThrow();
        try (PidFd held = PauseFixture.hold(pause)) {
            PauseFixture.await("it to rest", () -> sleeps(pause));
            assertThat(held.isAlive()).isTrue();
        }
    }

    /** The kernel reaps for it, so that no exit in the pod wakes it either. */
    @Test
    void orphansOfItsPidNamespaceAreReapedWithoutWakingIt() throws Exception {
        String nsenter = Privileges.assumeProgram("nsenter");
        ProcessIdentity pause = fixture.start(fixture.allNew());
        PauseFixture.await("the wait", () -> sleeps(pause));
        String wakeups = PauseFixture.status(pause, "voluntary_ctxt_switches");

        List<ProcessIdentity> orphans = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            orphans.add(orphan(nsenter, pause));
        }
        for (ProcessIdentity orphan : orphans) {
            syscalls.kill(orphan.pid(), Signals.SIGKILL);
            PauseFixture.await("the orphan to be reaped", () -> !orphan.exists());
        }
        // One that has ended already when it becomes an orphan, and so is handed over as a zombie.
        ProcessResult result = PauseFixture.run(List.of(
                nsenter, "-t", String.valueOf(pause.pid()), "-p", "sh", "-c", "sh -c 'kill -KILL $$' & sleep 0.2"));
        assertThat(result.isSuccess()).isTrue();
        PauseFixture.await("the zombie to be reaped", () -> children(pause).isEmpty());

        assertThat(PauseFixture.status(pause, "voluntary_ctxt_switches")).isEqualTo(wakeups);
    }

    @Test
    void itsEndEndsEveryProcessOfItsPidNamespace() throws Exception {
        String nsenter = Privileges.assumeProgram("nsenter");
        ProcessIdentity pause = fixture.start(fixture.allNew());
        ProcessIdentity orphan = orphan(nsenter, pause);

        syscalls.kill(pause.pid(), Signals.SIGTERM);

        PauseFixture.await(
                "the end of the namespace",
                () -> !orphan.exists() && fixture.processes().isEmpty());
    }

    /** A FIFO in place of cgroup.procs holds the starter up after the process was made. */
    @Test
    void endsWithTheStarterWhenThatIsKilledBeforeItHasReported() throws Exception {
        String mkfifo = Privileges.assumeProgram("mkfifo");
        try (TestDirectories directories = TestDirectories.create()) {
            Path fifo = directories.dir("cgroup").resolve("cgroup.procs");
            assertThat(PauseFixture.run(List.of(mkfifo, fifo.toString())).isSuccess())
                    .isTrue();
            Command command = Command.of(fixture.allNew("--cgroup-procs", fifo.toString()));
            try (RunningProcess starter = SpawnProcessRunner.shared().start(command)) {
                PauseFixture.await("both processes", () -> confinedChild(fixture) != null);

                starter.signal(Signals.SIGKILL);

                ProcessResult result = starter.waitFor(Deadline.after(Duration.ofSeconds(60)));
                assertThat(result.stdoutText()).isEmpty();
            }
            fixture.assertNothingLeft();
        }
    }

    private static boolean sleeps(ProcessIdentity process) {
        try (var files = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
            return files.findAny().isEmpty()
                    && PauseFixture.status(process, "State").startsWith("S");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The process that has all but the word of its starter, or null while there is none. */
    private static @Nullable Integer confinedChild(PauseFixture fixture) {
        for (int pid : fixture.processes()) {
            try {
                if (Files.readString(Path.of("/proc/" + pid + "/status")).contains("Seccomp:\t2")) {
                    return pid;
                }
            } catch (IOException e) {
                // It has just ended.
            }
        }
        return null;
    }

    /** A process in the PID namespace whose parent has ended; known by being a child of the pause process. */
    private static ProcessIdentity orphan(String nsenter, ProcessIdentity pause) throws InterruptedException {
        List<Integer> before = children(pause);
        ProcessResult result = PauseFixture.run(
                List.of(nsenter, "-t", String.valueOf(pause.pid()), "-p", "sh", "-c", "sleep 1000 >/dev/null 2>&1 &"));
        assertThat(result.stderrText()).isEmpty();
        List<Integer> after = new ArrayList<>(children(pause));
        after.removeAll(before);
        assertThat(after).hasSize(1);
        return ProcessIdentity.of(after.getFirst()).orElseThrow();
    }

    private static List<Integer> children(ProcessIdentity process) {
        try {
            String list = Files.readString(
                    Path.of("/proc/" + process.pid() + "/task/" + process.pid() + "/children"),
                    StandardCharsets.US_ASCII);
            return list.isBlank()
                    ? List.of()
                    : List.of(list.strip().split(" ", -1)).stream()
                            .map(Integer::valueOf)
                            .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.gantry.platform.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command.Stdio;
import io.gantry.platform.testing.SabotagedSyscalls;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SpawnProcessRunnerTests {
    private static final Deadline SOON = Deadline.NONE;

    private final SpawnProcessRunner runner = SpawnProcessRunner.shared();
    private final JnaSyscalls syscalls = JnaSyscalls.instance();
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void removeDirectories() {
        directories.close();
    }

    private static Command shell(String script) {
        return Command.of("/bin/sh", "-c", script);
    }

    @Test
    void givesOutputErrorAndExitCode() throws InterruptedException {
        ProcessResult result = runner.run(shell("echo out; echo err >&2; exit 7"), SOON);

        assertThat(result.stdoutText()).isEqualTo("out\n");
        assertThat(result.stderrText()).isEqualTo("err\n");
        assertThat(result.status()).isEqualTo(new ExitStatus(7, 0));
        assertThat(result.timedOut()).isFalse();
        assertThat(result.truncated()).isFalse();
    }

    @Test
    void passesInputEnvironmentAndDirectory() throws InterruptedException {
        byte[] input = new byte[300_000];
        Arrays.fill(input, (byte) 'x');
        ProcessResult result = runner.run(
                shell("wc -c; echo \"$GREETING\"; pwd")
                        .withStdin(new Stdio.Bytes(input))
                        .withEnvironment(Map.of("GREETING", "grüß dich", "PATH", "/usr/bin:/bin"))
                        .withDirectory(directories.root()),
                SOON);

        assertThat(result.stdoutText()).isEqualTo("300000\ngrüß dich\n" + directories.root() + "\n");
    }

    @Test
    void looksProgramsUpInPathAndPassesAwkwardArguments() throws InterruptedException {
        ProcessResult result = runner.run(Command.of("printf", "%s|", "a b", "", "$HOME", "ü"), SOON);

        assertThat(result.stdoutText()).isEqualTo("a b||$HOME|ü|");
    }

    @Test
    void childHasOnlyTheDescriptorsNamed() throws InterruptedException, IOException {
        Path file = directories.file("open", "");
        int leaky = syscalls.openat(LinuxConstants.AT_FDCWD, file.toString(), LinuxConstants.O_RDONLY, 0);
        try {
            ProcessResult result = runner.run(Command.of("ls", "/proc/self/fd"), SOON);
            // The fourth is the directory that ls itself reads.
            assertThat(result.stdoutText().lines()).containsExactly("0", "1", "2", "3");
        } finally {
            syscalls.close(leaky);
        }
    }

    @Test
    void passesExtraDescriptorsWhateverTheirNumbersHere() throws InterruptedException {
        int[] first = syscalls.pipe2(LinuxConstants.O_CLOEXEC);
        int[] second = syscalls.pipe2(LinuxConstants.O_CLOEXEC);
        try {
            Command command = shell("echo three >&3; echo four >&4").withExtraFds(Map.of(3, first[1], 4, second[1]));
            assertThat(runner.run(command, SOON).isSuccess()).isTrue();
            assertThat(read(first[0])).isEqualTo("three\n");
            assertThat(read(second[0])).isEqualTo("four\n");

            // Numbers that the child's own cross: child 3 from here 4, child 4 from here 3.
            Command crossed = shell("echo three >&3; echo four >&4; echo zero >&5; echo out")
                    .withExtraFds(Map.of(3, second[1], 4, first[1], 5, second[1]));
            ProcessResult result = runner.run(crossed, SOON);
            assertThat(result.stdoutText()).isEqualTo("out\n");
            assertThat(read(second[0])).isEqualTo("three\nzero\n");
            assertThat(read(first[0])).isEqualTo("four\n");
        } finally {
            for (int fd : new int[] {first[0], first[1], second[0], second[1]}) {
                syscalls.close(fd);
            }
        }
    }

    private String read(int fd) {
        byte[] bytes = new byte[100];
        int size = syscalls.read(fd, bytes, 0, bytes.length);
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }

    @Test
    void startsInItsOwnSessionWithDefaultSignals() throws InterruptedException {
        ProcessResult result = runner.run(Command.of("cat", "/proc/self/stat", "/proc/self/status"), SOON);

        List<String> lines = result.stdoutText().lines().toList();
        String[] stat = lines.getFirst()
                .substring(lines.getFirst().lastIndexOf(')') + 2)
                .split(" ", -1);
        String pid = lines.getFirst().split(" ", 2)[0];
        assertThat(stat[2]).as("process group").isEqualTo(pid);
        assertThat(stat[3]).as("session").isEqualTo(pid);
        assertThat(lines).contains("SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000");
    }

    @Test
    void keepsOutputUpToTheLimitAndDropsTheRest() throws InterruptedException {
        ProcessResult result =
                runner.run(shell("head -c 5000000 /dev/zero; echo done >&2").withStdout(new Stdio.Capture(1000)), SOON);

        assertThat(result.stdout()).hasSize(1000);
        assertThat(result.truncated()).isTrue();
        assertThat(result.stderrText()).isEqualTo("done\n");
    }

    @Test
    void outputOfExactlyTheLimitIsNotTruncated() throws InterruptedException {
        ProcessResult result = runner.run(shell("printf 12345").withStdout(new Stdio.Capture(5)), SOON);

        assertThat(result.stdoutText()).isEqualTo("12345");
        assertThat(result.truncated()).isFalse();
    }

    @Test
    void killsTheGroupAtTheDeadline() throws Exception {
        Path pidFile = directories.root().resolve("pid");
        Command hung = shell("sleep 1000 & echo $! > " + pidFile + "; echo before; wait");
        ProcessResult result;
        try (RunningProcess process = runner.start(hung)) {
            awaitText(pidFile);
            result = process.waitFor(Deadline.after(Duration.ofMillis(50)));
        }

        assertThat(result.timedOut()).isTrue();
        assertThat(result.isSuccess()).isFalse();
        assertThat(result.status()).isEqualTo(new ExitStatus(137, Signals.SIGKILL));
        assertThat(result.stdoutText()).isEqualTo("before\n");
        assertGone(Integer.parseInt(awaitText(pidFile)));
    }

    @Test
    void doesNotWaitForAGrandchildThatKeepsThePipe() throws Exception {
        Path pidFile = directories.root().resolve("pid");
        try (RunningProcess process = runner.start(shell("sleep 1000 & echo $! > " + pidFile + "; echo early"))) {
            ProcessResult result = process.waitFor(Deadline.NONE);

            assertThat(result.isSuccess()).isTrue();
            assertThat(result.stdoutText()).isEqualTo("early\n");
            int grandchild = Integer.parseInt(awaitText(pidFile));
            assertThat(ProcessIdentity.of(grandchild)).isPresent();

            process.killGroup();
            assertGone(grandchild);
            process.killGroup();
        }
    }

    @Test
    void anInterruptKillsTheGroup() throws Exception {
        Path pidFile = directories.root().resolve("pid");
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread waiter = Thread.ofVirtual().start(() -> {
            try {
                runner.run(shell("sleep 1000 & echo $! > " + pidFile + "; wait"), Deadline.NONE);
                outcome.complete(new AssertionError("not interrupted"));
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        int grandchild = Integer.parseInt(awaitText(pidFile));
        waiter.interrupt();

        assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertGone(grandchild);
    }

    @Test
    void signalReachesTheProcessAndIsHarmlessAfterItsEnd() throws Exception {
        try (RunningProcess process = runner.start(Command.of("sleep", "1000"))) {
            process.signal(Signals.SIGTERM);
            assertThat(process.exited().get(20, TimeUnit.SECONDS)).isEqualTo(new ExitStatus(143, Signals.SIGTERM));
            process.signal(Signals.SIGTERM);
            process.killGroup();
        }
    }

    @Test
    void aClosedProcessIsReapedAllTheSame() throws Exception {
        RunningProcess process = runner.start(Command.of("sleep", "1000"));
        CompletableFuture<ExitStatus> exited = process.exited();
        process.close();
        process.close();
        assertThat(ProcessIdentity.of(process.pid())).isPresent();

        process.killGroup();
        assertThat(exited.get(20, TimeUnit.SECONDS).signal()).isEqualTo(Signals.SIGKILL);
        assertThat(ProcessIdentity.of(process.pid())).isEmpty();
    }

    @Test
    void dependentsOfExitedMayBlock() throws Exception {
        try (RunningProcess process = runner.start(Command.of("sleep", "0.05"))) {
            CompletableFuture<String> dependent = process.exited().thenApply(status -> {
                try {
                    return runner.run(Command.of("echo", "after"), Deadline.NONE)
                            .stdoutText();
                } catch (InterruptedException e) {
                    return "interrupted";
                }
            });
            assertThat(dependent.get(20, TimeUnit.SECONDS)).isEqualTo("after\n");
        }
    }

    @Test
    void manyAtOnceLeakNothing() throws Exception {
        runner.run(Command.of("true"), SOON);
        long before = openDescriptors();
        List<Future<ProcessResult>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                String text = "line " + i;
                results.add(threads.submit(() -> runner.run(
                        Command.of("cat").withStdin(new Stdio.Bytes(text.getBytes(StandardCharsets.UTF_8))), SOON)));
            }
        }
        for (int i = 0; i < 200; i++) {
            assertThat(results.get(i).get().stdoutText()).isEqualTo("line " + i);
        }
        assertThat(openDescriptors()).isEqualTo(before);
    }

    @Test
    void failedStartsSayWhyAndLeakNothing() throws Exception {
        runner.run(Command.of("true"), SOON);
        Path script = directories.file("script", "#!/no/such/interpreter\n");
        Path plain = directories.file("plain", "text");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        long before = openDescriptors();

        assertFails(
                Command.of("no-such-program"), ErrorKind.NOT_FOUND, "start no-such-program: no such program in PATH;");
        assertFails(Command.of("/no/such/program"), ErrorKind.NOT_FOUND, "no such program: /no/such/program");
        assertFails(Command.of(script.toString()), ErrorKind.NOT_FOUND, "the interpreter or loader of " + script);
        assertFails(Command.of(plain.toString()), ErrorKind.PERMISSION_DENIED, plain + " may not be executed");
        assertFails(
                Command.of("true").withDirectory(Path.of("/no/such/dir")),
                ErrorKind.NOT_FOUND,
                "working directory /no/such/dir is not there");

        assertThat(openDescriptors()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pidfdOpen", "epollCtl", "pipe2", "memfdCreate", "posixSpawn", "fcntl"})
    void aChildThatCannotBeHeldIsNotLeftBehind(String call) throws Exception {
        runner.run(Command.of("true"), SOON);
        Syscalls failing = new SabotagedSyscalls().fail(call, Errno.EMFILE).syscalls();
        FdWatcher watcher = call.equals("epollCtl") ? null : new FdWatcher(failing, "test-fds");
        if (watcher == null) {
            SabotagedSyscalls later = new SabotagedSyscalls();
            failing = later.syscalls();
            watcher = new FdWatcher(failing, "test-fds");
            later.fail("epollCtl", arguments -> arguments[1].equals(LinuxConstants.EPOLL_CTL_ADD), Errno.EMFILE);
        }
        long before = openDescriptors();
        long children = children();
        try (FdWatcher closing = watcher) {
            SpawnProcessRunner broken = new SpawnProcessRunner(failing, closing);
            Command command = Command.of("sleep", "1000").withStdin(new Stdio.Bytes(new byte[] {1}));
            assertThatThrownBy(() -> broken.start(command))
                    .isInstanceOfSatisfying(
                            GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
                    .hasMessageStartingWith("start sleep: ");
            assertThat(openDescriptors()).isEqualTo(before);
            assertThat(children()).isEqualTo(children);
        }
    }

    private static long children() {
        return ProcessHandle.current().children().count();
    }

    @Test
    void refusesMeaninglessDescriptors() {
        assertThatThrownBy(() -> runner.start(Command.of("true").withExtraFds(Map.of(5, 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("without a gap");
        assertThatThrownBy(() -> runner.start(Command.of("true").withStdin(new Stdio.Capture(1))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> runner.start(Command.of("true").withStdout(new Stdio.Bytes(new byte[0]))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private void assertFails(Command command, ErrorKind kind, String message) {
        assertThatThrownBy(() -> runner.start(command))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContaining(message);
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            return fds.count();
        }
    }

    private static String awaitText(Path file) throws IOException, InterruptedException {
        while (true) {
            if (Files.exists(file)) {
                String text = Files.readString(file);
                if (text.endsWith("\n")) {
                    return text.strip();
                }
            }
            Thread.sleep(5);
        }
    }

    /** Ends by the test's own timeout when the process stays. A killed orphan may be a zombie of whoever adopted it. */
    private static void assertGone(int pid) throws IOException, InterruptedException {
        while (ProcessIdentity.of(pid).isPresent()) {
            String stat = Files.exists(Path.of("/proc/" + pid + "/stat"))
                    ? Files.readString(Path.of("/proc/" + pid + "/stat"))
                    : ") Z";
            if (stat.substring(stat.lastIndexOf(')')).startsWith(") Z")) {
                return;
            }
            Thread.sleep(5);
        }
    }
}

package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.testing.RuntimeBed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands with streams, run on each real OCI runtime. */
@Timeout(120)
abstract class RunningExecContract {
    private static final int PATIENCE_MILLIS = 30_000;
    private static final Pattern ANSWER_TO_X = Pattern.compile("x\r\n[^\n]*\r\n");

    private final Syscalls syscalls = JnaSyscalls.instance();
    private @Nullable RuntimeBed bed;

    abstract RuntimeBed openBed() throws Exception;

    @BeforeEach
    void open() throws Exception {
        RuntimeBed opened = openBed();
        bed = opened;
        assertThat(opened.create("c1", opened.request("c1", "exec sleep 1000")).isSuccess())
                .isTrue();
        opened.runtime().start("c1", "start container c1", RuntimeBed.soon());
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    private RunningExec exec(boolean tty, String script) throws InterruptedException {
        return exec(new ExecRequest(List.of("sh", "-c", script), tty, true, true, !tty));
    }

    private RunningExec exec(ExecRequest request) throws InterruptedException {
        RuntimeBed on = bed();
        return RuntimeExec.start(
                syscalls,
                on.runtime(),
                "c1",
                OciSpec.execProcess(on.bundle("c1"), request.command(), request.tty()),
                request);
    }

    private RuntimeBed bed() {
        if (bed == null) {
            throw new IllegalStateException("no runtime");
        }
        return bed;
    }

    private void type(RunningExec exec, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(syscalls.write(number(exec.stdin()), bytes, 0, bytes.length)).isEqualTo(bytes.length);
    }

    private static void close(@Nullable Fd fd) {
        assertThat(fd).isNotNull();
        fd.close();
    }

    private static int number(@Nullable Fd fd) {
        assertThat(fd).isNotNull();
        return fd.number();
    }

    /** Reads until that text has come, or to the end when it is empty. */
    private String read(@Nullable Fd fd, String until) {
        return readUntil(fd, until.isEmpty() ? null : Pattern.compile(Pattern.quote(until)));
    }

    /** Reads until that has come, or to the end when it is null. */
    private String readUntil(@Nullable Fd fd, @Nullable Pattern until) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[4096];
        while (until == null
                || !until.matcher(all.toString(StandardCharsets.UTF_8)).find()) {
            assertThat(syscalls.poll(number(fd), LinuxConstants.EPOLLIN, PATIENCE_MILLIS))
                    .as("output after: " + all.toString(StandardCharsets.UTF_8))
                    .isNotZero();
            int count;
            try {
                count = syscalls.read(number(fd), buffer, 0, buffer.length);
            } catch (ErrnoException e) {
                assertThat(e.errno()).isEqualTo(Errno.EIO);
                count = 0;
            }
            if (count == 0) {
                break;
            }
            all.write(buffer, 0, count);
        }
        return all.toString(StandardCharsets.UTF_8);
    }

    private boolean runs(String command) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("\\d+"))
                    .anyMatch(process -> {
                        try {
                            return Files.readString(process.resolve("cmdline"))
                                    .replace('\0', ' ')
                                    .contains(command);
                        } catch (IOException e) {
                            return false; // ended meanwhile
                        }
                    });
        }
    }

    @Test
    void threePipesAndAnExitCode() throws Exception {
        try (RunningExec exec = exec(false, "cat; echo err >&2; exit 5")) {
            assertThat(exec.isTerminal()).isFalse();
            type(exec, "hello");
            close(exec.stdin());
            assertThat(read(exec.stdout(), "")).isEqualTo("hello");
            assertThat(read(exec.stderr(), "")).isEqualTo("err\n");
            assertThat(exec.await()).isEqualTo(5);
        }
    }

    @Test
    void streamsThatAreNotWantedAreNotThere() throws Exception {
        try (RunningExec exec = exec(new ExecRequest(List.of("cat"), false, false, false, false))) {
            assertThat(exec.stdin()).isNull();
            assertThat(exec.stdout()).isNull();
            assertThat(exec.stderr()).isNull();
            assertThat(exec.await()).isZero();
        }
    }

    @Test
    void aTerminalEchoesHasASizeAndPassesOnTheExitCode() throws Exception {
        String script =
                "tty; echo $TERM; echo begun; while read line; do stty size; test \"$line\" = end && exit 6; done";
        try (RunningExec exec = exec(true, script)) {
            assertThat(exec.isTerminal()).isTrue();
            assertThat(exec.stderr()).isNull();
            assertThat(read(exec.stdout(), "begun")).contains("/dev/pts/", "xterm");
            exec.resize(120, 40);
            // A runtime that copies the size does so when it gets to it.
            for (String seen = ""; !seen.contains("40 120"); ) {
                type(exec, "x\n");
                seen = readUntil(exec.stdout(), ANSWER_TO_X);
            }
            type(exec, "end\n");
            read(exec.stdout(), "");
            assertThat(exec.await()).isEqualTo(6);
        }
    }

    @Test
    void endOfTransmissionEndsTheInputOfATerminal() throws Exception {
        try (RunningExec exec = exec(true, "cat; echo over")) {
            type(exec, "a\n");
            read(exec.stdout(), "a\r\na\r\n");
            type(exec, "\4");
            assertThat(read(exec.stdout(), "")).contains("over");
            assertThat(exec.await()).isZero();
        }
    }

    @Test
    void interruptedWaitKillsTheWholeTree() throws Exception {
        for (boolean tty : new boolean[] {false, true}) {
            String mark = "sleep 99" + (tty ? "1" : "2") + "77";
            try (RunningExec exec = exec(tty, "setsid " + mark + " & " + mark + " & echo go; wait")) {
                read(exec.stdout(), "go");
                assertThat(runs(mark)).isTrue();
                Thread waiting = Thread.ofVirtual().start(() -> {
                    try {
                        exec.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                waiting.interrupt();
                waiting.join();
            }
            awaitNot(mark);
        }
    }

    @Test
    void closingKillsTheCommand() throws Exception {
        RunningExec exec = exec(false, "echo go; sleep 99377");
        read(exec.stdout(), "go");
        exec.close();
        exec.close();
        awaitNot("sleep 99377");
    }

    private void awaitNot(String command) throws Exception {
        long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (runs(command)) {
            assertThat(System.nanoTime()).as(command + " still runs").isLessThan(until);
            Thread.sleep(10);
        }
    }

    @Test
    void aCommandThatIsNotThereIsAnError() throws Exception {
        for (boolean tty : new boolean[] {false, true}) {
            try (RunningExec exec = exec(new ExecRequest(List.of("no-such-program"), tty, false, true, false))) {
                GantryException error = catchThrowableOfType(GantryException.class, exec::await);
                assertThat(error.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
                assertThat(error).hasMessageContaining("no-such-program");
            }
        }
    }
}

package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.MountEntry;
import io.gantry.platform.linux.MountInfo;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** The real program and the real processes of one test; all that carry the label of this fixture end with it. */
final class PauseFixture implements AutoCloseable {
    static final Path PROGRAM = Path.of("target/native/gantry-pause").toAbsolutePath();

    private static final List<String> ALL_NEW = List.of("--net", "new", "--ipc", "new", "--uts", "new", "--pid", "new");
    private static final List<String> ALL_HOST =
            List.of("--net", "host", "--ipc", "host", "--uts", "host", "--pid", "host");

    private final String label = "test/" + Long.toHexString(System.nanoTime());

    static PauseFixture open() {
        Privileges.assumeRoot();
        return new PauseFixture();
    }

    String label() {
        return label;
    }

    /** The command line with every namespace new and these options behind. */
    List<String> allNew(String... options) {
        return argv(ALL_NEW, options);
    }

    /** The command line with no namespace new and these options behind. */
    List<String> allHost(String... options) {
        return argv(ALL_HOST, options);
    }

    List<String> argv(List<String> namespaces, String... options) {
        List<String> argv = new ArrayList<>(List.of(PROGRAM.toString()));
        argv.addAll(namespaces);
        argv.addAll(List.of(options));
        argv.addAll(List.of("--id", label));
        return argv;
    }

    static ProcessResult run(List<String> argv) throws InterruptedException {
        return SpawnProcessRunner.shared().run(Command.of(argv), Deadline.after(Duration.ofSeconds(60)));
    }

    /** Runs the program and gives the process it left. */
    ProcessIdentity start(List<String> argv) throws InterruptedException {
        ProcessResult result = run(argv);
        assertThat(result.stdoutText()).startsWith("{\"pid\":");
        assertThat(result.status().code()).isZero();
        assertThat(result.stderrText()).isEmpty();
        return PauseAnswer.parse(result.stdoutText())
                .flatMap(PauseAnswer::process)
                .orElseThrow();
    }

    /** Processes with this fixture's label in their command line that have not ended. */
    List<Integer> processes() {
        List<Integer> pids = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path entry : entries) {
                if (commandLine(entry).contains(label)) {
                    pids.add(Integer.parseInt(entry.getFileName().toString()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return pids;
    }

    /** That no process of this fixture lives and no mount of the program is in this mount namespace. */
    void assertNothingLeft() {
        await("the end of every process of " + label, () -> processes().isEmpty());
        assertThat(MountInfo.ofSelf()).extracting(MountEntry::source).doesNotContain("gantry-pause");
    }

    /** A line of /proc/PID/status, without its name. */
    static String status(ProcessIdentity process, String name) {
        return read("/proc/" + process.pid() + "/status")
                .lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElseThrow();
    }

    /**
     * Reads a file of /proc with one read of a large buffer: a sysctl answers nothing at any other position than 0, so
     * that {@link Files#readString} gets only the first character of it.
     */
    static String read(String file) {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            byte[] content = new byte[65_536];
            int length = in.read(content);
            return new String(content, 0, Math.max(length, 0), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static PidFd hold(ProcessIdentity process) {
        return PidFd.open(process).orElseThrow();
    }

    /** Waits without a limit that a slow machine could miss, but not forever. */
    static void await(String what, BooleanSupplier condition) {
        Deadline deadline = Deadline.after(Duration.ofSeconds(60));
        while (!condition.getAsBoolean()) {
            if (deadline.isExpired()) {
                fail("waited in vain for " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail("interrupted while waiting for " + what);
            }
        }
    }

    private static String commandLine(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        for (int pid : processes()) {
            PidFd.open(pid).ifPresent(process -> {
                try (process) {
                    assertThat(process.signal(Signals.SIGKILL)).isIn(true, false);
                }
            });
        }
        await("the end of every process of " + label, () -> processes().isEmpty());
    }
}

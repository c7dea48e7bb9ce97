package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a pause process has not: privileges, files, descriptors, memory. */
class PauseConfinementTest {
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

    @Test
    void hasNoCapabilityInAnySetAndCannotGainOne() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allNew());

        for (String set : List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")) {
            assertThat(PauseFixture.status(pause, set)).as(set).isEqualTo("0000000000000000");
        }
        assertThat(PauseFixture.status(pause, "NoNewPrivs")).isEqualTo("1");
        assertThat(PauseFixture.status(pause, "Seccomp")).isEqualTo("2");
    }

    /** The same code as in the program, followed by one system call. */
    @Test
    void filterKillsForEveryCallButThoseOfTheWait() throws Exception {
        String compiler = Privileges.assumeProgram("gcc");
        try (TestDirectories directories = TestDirectories.create()) {
            Path check = directories.root().resolve("filter-check");
            ProcessResult built = PauseFixture.run(List.of(
                    compiler,
                    "-std=gnu17",
                    "-Os",
                    "-Wall",
                    "-Werror",
                    "-ffreestanding",
                    "-fno-stack-protector",
                    "-fno-tree-loop-distribute-patterns",
                    "-fno-pic",
                    "-static",
                    "-no-pie",
                    "-nostdlib",
                    "-o",
                    check.toString(),
                    "-I" + path("src/main/c"),
                    path("src/test/c/filter_check.c"),
                    path("src/main/c/confine.c"),
                    path("src/main/c/failure.c"),
                    path("src/main/c/text.c")));
            assertThat(built.stderrText()).isEmpty();

            assertThat(signalOf(check, "wait")).isEqualTo("exit status 0");
            assertThat(signalOf(check, "close-channel")).isEqualTo("exit status 0");
            assertThat(signalOf(check, "close-other")).isEqualTo("killed by signal 31");
            assertThat(signalOf(check, "getpid")).isEqualTo("killed by signal 31");
            assertThat(signalOf(check, "execve")).isEqualTo("killed by signal 31");
            if (System.getProperty("os.arch").equals("amd64")) {
                // SIGSEGV where the kernel has no gate for 32-bit programs.
                assertThat(signalOf(check, "other-architecture")).isIn("killed by signal 31", "killed by signal 11");
            }
        }
    }

    @Test
    void rootIsEmptyAndReadOnlyAndNothingElseIsMounted() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allNew());
        Path root = Path.of("/proc/" + pause.pid() + "/root/");

        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            assertThat(entries).isEmpty();
        }
        assertThatThrownBy(() -> Files.createFile(root.resolve("file"))).hasMessageContaining("Read-only file system");
        List<String> mounts =
                PauseFixture.read("/proc/" + pause.pid() + "/mountinfo").lines().toList();
        assertThat(mounts).hasSize(1);
        assertThat(mounts.getFirst().split(" ", -1)[4]).isEqualTo("/");
        assertThat(mounts.getFirst().split(" ", -1)[5].split(",", -1)).contains("ro", "nosuid", "nodev", "noexec");
        assertThat(Files.readSymbolicLink(Path.of("/proc/" + pause.pid() + "/cwd")))
                .isEqualTo(Path.of("/"));
    }

    @Test
    void noDescriptorIsLeftOpenNotEvenAnInheritedOne() throws Exception {
        String command = "exec 7</dev/null 9</dev/zero; exec \"$@\"";
        List<String> argv = new ArrayList<>(List.of("sh", "-c", command, "sh"));
        argv.addAll(fixture.allNew());

        ProcessIdentity pause = fixture.start(argv);

        // The channel is closed by the process itself right after it was let go.
        PauseFixture.await("the last descriptor", () -> descriptors(pause) == 0);
    }

    @Test
    void isNamedPauseAndLeadsItsOwnSession() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allHost());

        assertThat(PauseFixture.read("/proc/" + pause.pid() + "/comm")).isEqualTo("pause\n");
        String[] stat = PauseFixture.read("/proc/" + pause.pid() + "/stat").split(" ", -1);
        assertThat(stat[4]).as("process group").isEqualTo(String.valueOf(pause.pid()));
        assertThat(stat[5]).as("session").isEqualTo(String.valueOf(pause.pid()));
        assertThat(Long.parseLong(stat[21])).isEqualTo(pause.startTime());
    }

    @Test
    void ignoresEverySignalButTheTwoThatEndIt() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allNew());

        // All but SIGINT (2), SIGKILL (9), SIGTERM (15) and SIGSTOP (19).
        assertThat(PauseFixture.status(pause, "SigIgn")).isEqualTo("fffffffffffbbefd");
        assertThat(PauseFixture.status(pause, "SigCgt")).isEqualTo("0000000000000000");
    }

    @Test
    void takesLessThan100KibibytesOfMemory() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allNew("--hostname", "small"));

        long pss = PauseFixture.read("/proc/" + pause.pid() + "/smaps_rollup")
                .lines()
                .filter(line -> line.startsWith("Pss:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
        assertThat(pss).isBetween(1L, 100L);
    }

    @Test
    void programIsSmallAndNeedsNoLibrary() throws Exception {
        byte[] program = Files.readAllBytes(PauseFixture.PROGRAM);

        assertThat(program.length).isLessThan(32 * 1024);
        assertThat(new String(program, StandardCharsets.ISO_8859_1))
                .doesNotContain("ld-linux")
                .doesNotContain("libc.so");
    }

    private static String signalOf(Path check, String call) throws InterruptedException {
        return PauseFixture.run(List.of(check.toString(), call)).status().toString();
    }

    private static String path(String file) {
        return Path.of(file).toAbsolutePath().toString();
    }

    private static long descriptors(ProcessIdentity process) {
        try (var files = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

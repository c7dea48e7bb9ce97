package io.gantry.pod.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import io.gantry.platform.testing.SabotagedSyscalls;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.cgroup.CgroupDriver;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.runtime.RuntimeHandler;
import io.gantry.pod.spec.HandlerFeatures;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The protocol with conmon, which is a script here that has the ends of both pipes as its descriptors 3 and 4. */
@Timeout(60)
class ConmonTests {
    private static final String ID = "c".repeat(64);

    /** Waits for the byte that lets conmon go on. */
    private static final String WAIT = "dd bs=1 count=1 of=/dev/null <&4 2>/dev/null\n";

    private final TestDirectories directories = TestDirectories.create();
    private final FakeProcessRunner runtimeCalls = new FakeProcessRunner().on(Reply.ok(""), "/usr/bin/false-runtime");
    private final OciRuntime runtime = new OciRuntime(
            new RuntimeHandler(
                    "runc",
                    Path.of("/usr/bin/false-runtime"),
                    directories.dir("runtime"),
                    "runc version 1.1.5",
                    new HandlerFeatures("runc", true, true, 0, List.of()),
                    null),
            CgroupDriver.CGROUPFS,
            runtimeCalls,
            directories.dir("scratch"));
    private long descriptors;

    @BeforeEach
    void count() {
        FdWatcher.shared();
        descriptors = openDescriptors();
    }

    @AfterEach
    void close() {
        directories.close();
    }

    private Conmon conmon(Syscalls syscalls, String script) throws IOException {
        Path program = directories.dir("bin").resolve("conmon");
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        return new Conmon(
                program.toString(),
                directories.dir("exits"),
                directories.dir("sockets"),
                -1,
                SpawnProcessRunner.shared(),
                syscalls,
                FdWatcher.shared());
    }

    private Conmon.CreateRequest request() {
        return new Conmon.CreateRequest(
                ID, "web", directories.dir("bundle"), runtime, "/log/web.log", false, true, false);
    }

    private Conmon.Created create(String script) throws Exception {
        try (Conmon.Pending pending = conmon(JnaSyscalls.instance(), script).start(request())) {
            return pending.create(Deadline.after(Duration.ofSeconds(20)));
        }
    }

    @Test
    void theFirstProcessIsToldOnceTheStartIsLetGo() throws Exception {
        Conmon.Created created = create(
                WAIT + "echo $$ >conmon.pid\nprintf '%s\\n' \"$*\" >arguments\n" + "echo \"{\\\"pid\\\": $PPID}\" >&3");

        assertThat(created.init().pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(Files.readString(directories.root().resolve("bundle/arguments")))
                .contains("-c " + ID)
                .contains("-l k8s-file:/log/web.log")
                .contains("--exit-dir " + directories.root().resolve("exits"))
                .contains("-i --leave-stdin-open")
                .contains("--runtime /usr/bin/false-runtime");
        assertNothingOpen();
    }

    /** As when the daemon is killed while the OCI runtime works. */
    @Test
    void aConmonThatSpeaksWhenNobodyListensLivesOn() throws Exception {
        var unused = create(WAIT
                + "(until [ -e go ]; do sleep 0.02; done; echo late >&3; echo lives >after; rm go) >/dev/null 2>&1 &\n"
                + "echo '{\"pid\": 1}' >&3");
        Path bundle = directories.root().resolve("bundle");

        Files.createFile(bundle.resolve("go"));
        while (Files.exists(bundle.resolve("go"))) {
            Thread.sleep(20);
        }
        assertThat(bundle.resolve("after")).hasContent("lives");
    }

    @Test
    void aMonitorThatNobodyHasReapedHasEnded() throws Exception {
        Process parent = new ProcessBuilder("sh", "-c", "true & echo $!; exec sleep 60").start();
        try (BufferedReader output = parent.inputReader()) {
            String zombie = output.readLine();
            while (!Files.readString(Path.of("/proc", zombie, "stat")).contains(") Z ")) {
                Thread.sleep(10);
            }
            Path bundle = directories.dir("bundle");
            Files.writeString(bundle.resolve("pidfile"), Long.toString(parent.pid()));
            Files.writeString(bundle.resolve("conmon.pid"), zombie);

            Conmon conmon = conmon(JnaSyscalls.instance(), "");
            assertThat(conmon.processes(bundle)).hasValueSatisfying(found -> {
                assertThat(found.init().pid()).isEqualTo((int) parent.pid());
                assertThat(found.monitor()).isNull();
            });
            Files.writeString(bundle.resolve("conmon.pid"), Long.toString(parent.pid()));
            assertThat(conmon.processes(bundle).orElseThrow().monitor()).isNotNull();
        } finally {
            parent.destroyForcibly().waitFor();
        }
    }

    @Test
    void theRuntimesErrorIsToldInItsKind() throws Exception {
        assertKind(
                () -> create(
                        WAIT
                                + "echo '{\"pid\": -1, \"message\": \"runc create failed: exec: \\\"x\\\": executable file not found\"}' >&3"),
                ErrorKind.INVALID_ARGUMENT,
                "executable file not found");
        assertNothingOpen();
    }

    @Test
    void aConmonThatSaysNothing() {
        assertKind(() -> create(WAIT + "exit 0"), ErrorKind.INTERNAL, "conmon ended without an answer");
        assertKind(() -> create("exit 0"), ErrorKind.INTERNAL, "conmon ended without an answer");
        assertNothingOpen();
    }

    @Test
    void aConmonThatSaysNonsense() {
        assertKind(() -> create(WAIT + "echo hello >&3"), ErrorKind.INTERNAL, "something else than JSON: hello");
        assertKind(
                () -> create(WAIT + "i=0; while [ $i -lt 3000 ]; do printf '%0100d' 0 >&3 || exit; i=$((i+1)); done"),
                ErrorKind.INTERNAL,
                "conmon");
        assertNothingOpen();
    }

    @Test
    void aConmonThatFails() {
        assertKind(() -> create("echo bad option >&2; exit 1"), ErrorKind.INTERNAL, "conmon: exit status 1 bad option");
        assertNothingOpen();
    }

    @Test
    void aConmonThatHangsIsGivenUpAtTheDeadline() throws Exception {
        try (Conmon.Pending pending =
                conmon(JnaSyscalls.instance(), WAIT + "sleep 1000 & exit 0").start(request())) {
            assertKind(
                    () -> pending.create(Deadline.after(Duration.ofMillis(300))),
                    ErrorKind.DEADLINE_EXCEEDED,
                    "did not finish in time");
        }
        assertNothingOpen();
    }

    @Test
    void aConmonThatIsNotInstalled() throws Exception {
        Conmon missing = new Conmon(
                "/no/such/conmon",
                directories.dir("exits"),
                directories.dir("sockets"),
                -1,
                SpawnProcessRunner.shared(),
                JnaSyscalls.instance(),
                FdWatcher.shared());

        assertKind(() -> missing.start(request()), ErrorKind.FAILED_PRECONDITION, "install conmon");
        assertNothingOpen();
    }

    @Test
    void noPipeIsLeftWhenDescriptorsRunOut() throws Exception {
        AtomicInteger pipes = new AtomicInteger();
        Syscalls syscalls = new SabotagedSyscalls()
                .fail("pipe2", arguments -> pipes.incrementAndGet() == 2, Errno.EMFILE)
                .syscalls();

        assertThatThrownBy(() -> conmon(syscalls, "exit 0").start(request())).hasMessageContaining("pipe2");

        assertNothingOpen();
    }

    @Test
    void abortDeletesTheContainerAndTheAttachLink() throws Exception {
        Path link = directories.dir("sockets").resolve(ID);
        Files.createSymbolicLink(link, directories.root());

        conmon(JnaSyscalls.instance(), "exit 0").abort(ID, runtime);

        assertThat(runtimeCalls.commandLines())
                .containsExactly("/usr/bin/false-runtime --root "
                        + directories.root().resolve("runtime") + " delete --force " + ID);
        assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    @Test
    void abortIsNotCutShort() throws Exception {
        Conmon conmon = conmon(JnaSyscalls.instance(), "exit 0");
        Thread.currentThread().interrupt();

        conmon.abort(ID, runtime);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(runtimeCalls.commandLines()).hasSize(1);
    }

    @Test
    void processesAreFoundByProgramAndId() throws Exception {
        Path sleep = Files.copy(Path.of("/bin/sleep"), directories.dir("bin").resolve("conmon-copy"));
        CreatingProcesses processes = CreatingProcesses.of("/usr/bin/conmon-copy", "runc");
        try (var named = SpawnProcessRunner.shared().start(Command.of(sleep.toString(), "1000", "4321.0"));
                var other = SpawnProcessRunner.shared().start(Command.of("sleep", "1000", "4321.0"))) {
            processes.kill("1234.0", Duration.ofSeconds(10));
            assertThat(named.exited()).isNotDone();

            processes.kill("4321.0", Duration.ofSeconds(10));

            assertThat(named.waitFor(Deadline.after(Duration.ofSeconds(10)))
                            .status()
                            .signal())
                    .isEqualTo(9);
            assertThat(other.exited()).isNotDone();
            other.killGroup();
        }
    }

    private static void assertKind(ThrowingCallable call, ErrorKind kind, String text) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        GantryException.class,
                        problem -> assertThat(problem.kind()).isEqualTo(kind))
                .hasMessageContaining(text);
    }

    private void assertNothingOpen() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(10));
        while (openDescriptors() > descriptors && !deadline.isExpired()) {
            LockSupport.parkNanos(5_000_000);
        }
        assertThat(openDescriptors()).isLessThanOrEqualTo(descriptors);
    }

    private static long openDescriptors() {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

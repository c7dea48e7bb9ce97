package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.IdMapping;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PauseProcessTest {
    private static final String PROGRAM = "/opt/gantry/bin/gantry-pause";

    private final FakeProcessRunner runner = new FakeProcessRunner();
    private final PauseProcess pause = new PauseProcess(Path.of(PROGRAM));

    @Test
    void readsTheProcessFromTheAnswer() throws Exception {
        runner.on(Reply.ok("{\"pid\":42,\"startTime\":99,\"notices\":[\"something\"]}\n"), PROGRAM);

        ProcessIdentity process = pause.start(spec("web", Map.of(), List.of()), runner, Deadline.NONE);

        assertThat(process).isEqualTo(new ProcessIdentity(42, 99));
        assertThat(runner.commandLines())
                .containsExactly(PROGRAM + " --net new --ipc new --uts new --pid host --hostname web"
                        + " --oom-score-adj -998 --id default/web-0");
        assertThat(runner.commands().getFirst().environment()).isEmpty();
    }

    @Test
    void passesEverythingOn() throws Exception {
        runner.on(Reply.ok("{\"pid\":42,\"startTime\":99,\"notices\":[]}\n"), PROGRAM);
        PauseSpec spec = new PauseSpec(
                "a/b",
                false,
                false,
                false,
                true,
                List.of(new IdMapping(1000, 0, 10), new IdMapping(2000, 20, 30)),
                List.of(new IdMapping(5, 0, 1)),
                null,
                new TreeMap<>(Map.of("net.b", "2 3", "net.a", "=")),
                List.of(Path.of("/cg/one/cgroup.procs"), Path.of("/cg/two/cgroup.procs")),
                null);

        pause.start(spec, runner, Deadline.NONE);

        assertThat(runner.commands().getFirst().argv())
                .containsExactly(
                        PROGRAM,
                        "--net",
                        "host",
                        "--ipc",
                        "host",
                        "--uts",
                        "host",
                        "--pid",
                        "new",
                        "--uid-map",
                        "0 1000 10",
                        "--uid-map",
                        "20 2000 30",
                        "--gid-map",
                        "0 5 1",
                        "--sysctl",
                        "net.a==",
                        "--sysctl",
                        "net.b=2 3",
                        "--cgroup-procs",
                        "/cg/one/cgroup.procs",
                        "--cgroup-procs",
                        "/cg/two/cgroup.procs",
                        "--id",
                        "a/b");
    }

    @ParameterizedTest
    @CsvSource({
        "usage,0,INTERNAL",
        "report,0,INTERNAL",
        "report,28,INTERNAL",
        "other,1,INTERNAL",
        "hostname,0,INVALID_ARGUMENT",
        "hostname,22,INVALID_ARGUMENT",
        "hostname,1,FAILED_PRECONDITION",
        "sysctl,0,INVALID_ARGUMENT",
        "sysctl,2,INVALID_ARGUMENT",
        "sysctl,22,INVALID_ARGUMENT",
        "sysctl,13,INVALID_ARGUMENT",
        "sysctl,30,FAILED_PRECONDITION",
        "idmap,0,INVALID_ARGUMENT",
        "idmap,22,INVALID_ARGUMENT",
        "idmap,1,FAILED_PRECONDITION",
        "namespaces,1,FAILED_PRECONDITION",
        "namespaces,28,RESOURCE_EXHAUSTED",
        "namespaces,12,RESOURCE_EXHAUSTED",
        "namespaces,11,RESOURCE_EXHAUSTED",
        "namespaces,22,FAILED_PRECONDITION",
        "cgroup,2,FAILED_PRECONDITION",
        "cgroup,19,FAILED_PRECONDITION",
        "cgroup,16,FAILED_PRECONDITION",
        "cgroup,95,FAILED_PRECONDITION",
        "cgroup,13,FAILED_PRECONDITION",
        "cgroup,5,INTERNAL",
        "oom,0,INVALID_ARGUMENT",
        "oom,2,INTERNAL",
        "loopback,1,FAILED_PRECONDITION",
        "root,1,FAILED_PRECONDITION",
        "root,12,RESOURCE_EXHAUSTED",
        "confine,38,FAILED_PRECONDITION",
        "confine,22,INTERNAL"
    })
    void saysWhoseFaultItIs(String step, int errno, ErrorKind kind) {
        String answer = "{\"step\":\"" + step + "\",\"errno\":" + errno + ",\"error\":\"the reason\"}\n";
        runner.on(new Reply(errno == 0 ? 2 : 1, answer.getBytes(StandardCharsets.UTF_8), new byte[0], false), PROGRAM);

        GantryException failure = failureOf(spec("web", Map.of(), List.of()));

        assertThat(failure.kind()).isEqualTo(kind);
        assertThat(failure).hasMessageStartingWith("start the pause process of pod default/web-0: the reason");
        if (kind == ErrorKind.FAILED_PRECONDITION || kind == ErrorKind.RESOURCE_EXHAUSTED) {
            assertThat(failure.remedy()).isNotBlank();
        }
    }

    @Test
    void showsAnAnswerThatItCannotRead() {
        runner.on(new Reply(139, "half".getBytes(StandardCharsets.UTF_8), new byte[0], false), PROGRAM);

        assertThat(failureOf(spec("web", Map.of(), List.of())))
                .hasMessage(
                        "start the pause process of pod default/web-0: the program ended with exit status 139 and said"
                                + " 'half'");
    }

    @Test
    void missingProgramIsAFaultOfTheInstallation() {
        GantryException failure = failureOf(spec("web", Map.of(), List.of()));

        assertThat(failure.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
        assertThat(failure.remedy()).isEqualTo("install Gantry again: " + PROGRAM + " belongs to it");
    }

    @Test
    void refusesWhatNoCommandLineCanCarry() {
        assertThat(failureOf(spec("web", Map.of("net.a", "1\0002"), List.of())))
                .hasMessageContaining("set sysctl net.a: it holds a NUL character")
                .extracting(GantryException::kind)
                .isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(failureOf(spec("web", Map.of("net.a=1", "2"), List.of())))
                .hasMessageContaining("set sysctl net.a=1: not a well-formed key");
        assertThat(failureOf(spec("w\000b", Map.of(), List.of())))
                .hasMessageContaining("set hostname: it holds a NUL character");
        assertThat(runner.commands()).isEmpty();
    }

    /** A starter killed between its answer and its end may have let go of a process that nobody else knows of. */
    @Test
    void endsTheProcessOfAStarterThatDidNotEndWell() throws Exception {
        try (RunningProcess other = SpawnProcessRunner.shared().start(Command.of("sleep", "1000"))) {
            ProcessIdentity process = ProcessIdentity.of(other.pid()).orElseThrow();
            String answer =
                    "{\"pid\":" + process.pid() + ",\"startTime\":" + process.startTime() + ",\"notices\":[]}\n";
            runner.on(new Reply(137, answer.getBytes(StandardCharsets.UTF_8), new byte[0], false), PROGRAM);

            assertThat(failureOf(spec("web", Map.of(), List.of())).kind()).isEqualTo(ErrorKind.INTERNAL);

            assertThat(other.waitFor(Deadline.after(Duration.ofSeconds(60))).timedOut())
                    .isFalse();
        }
    }

    @Test
    void startsARealOneAndReportsRealFailures() throws Exception {
        try (PauseFixture fixture = PauseFixture.open()) {
            PauseProcess real = new PauseProcess(PauseFixture.PROGRAM);
            SpawnProcessRunner processes = SpawnProcessRunner.shared();
            Deadline deadline = Deadline.after(Duration.ofSeconds(60));

            ProcessIdentity process =
                    real.start(labelled(fixture, Map.of("net.ipv4.ip_forward", "1")), processes, deadline);
            assertThat(process.exists()).isTrue();
            assertThat(ProcessIdentity.of(process.pid())).contains(process);

            PauseSpec refused = labelled(fixture, Map.of("kernel.pid_max", "400000"));
            assertThatExceptionOfType(GantryException.class)
                    .isThrownBy(() -> real.start(refused, processes, deadline))
                    .withMessage("start the pause process of pod " + fixture.label()
                            + ": set sysctl kernel.pid_max: it is not namespaced, so it would change the whole node;"
                            + " take it out of securityContext.sysctls of the pod, or set it on the node");
            assertThat(fixture.processes()).containsExactly(process.pid());
        }
    }

    @Test
    void leavesNothingAtTheDeadlineOrWhenInterrupted() throws Exception {
        String mkfifo = Privileges.assumeProgram("mkfifo");
        try (PauseFixture fixture = PauseFixture.open();
                TestDirectories directories = TestDirectories.create()) {
            Path fifo = directories.dir("cgroup").resolve("cgroup.procs");
            assertThat(PauseFixture.run(List.of(mkfifo, fifo.toString())).isSuccess())
                    .isTrue();
            PauseProcess real = new PauseProcess(PauseFixture.PROGRAM);
            SpawnProcessRunner processes = SpawnProcessRunner.shared();
            PauseSpec stuck = new PauseSpec(
                    fixture.label(),
                    true,
                    true,
                    true,
                    true,
                    List.of(),
                    List.of(),
                    null,
                    new TreeMap<>(),
                    List.of(fifo),
                    null);

            GantryException late = catchThrowableOfType(
                    GantryException.class, () -> real.start(stuck, processes, Deadline.after(Duration.ofMillis(200))));
            assertThat(late.kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
            fixture.assertNothingLeft();

            Thread caller = Thread.currentThread();
            Thread.ofVirtual().start(() -> {
                PauseFixture.await("the process", () -> fixture.processes().size() == 2);
                caller.interrupt();
            });
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> real.start(stuck, processes, Deadline.NONE));
            fixture.assertNothingLeft();
        }
    }

    private GantryException failureOf(PauseSpec spec) {
        return catchThrowableOfType(GantryException.class, () -> pause.start(spec, runner, Deadline.NONE));
    }

    private static PauseSpec labelled(PauseFixture fixture, Map<String, String> sysctls) {
        return new PauseSpec(
                fixture.label(),
                true,
                true,
                true,
                false,
                List.of(),
                List.of(),
                "web",
                new TreeMap<>(sysctls),
                List.of(),
                PauseSpec.OOM_SCORE_ADJ);
    }

    private static PauseSpec spec(@Nullable String hostname, Map<String, String> sysctls, List<Path> cgroups) {
        return new PauseSpec(
                "default/web-0",
                true,
                true,
                true,
                false,
                List.of(),
                List.of(),
                hostname,
                new TreeMap<>(sysctls),
                cgroups,
                PauseSpec.OOM_SCORE_ADJ);
    }
}

package io.gantry.pod.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.ProcessResult;
import io.gantry.pod.cgroup.CgroupDriver;
import io.gantry.pod.cgroup.CgroupPaths;
import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.cgroup.ContainerCgroup;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.spec.HostLimits;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.spec.RequestFixture;
import io.gantry.pod.spec.ResourceLimits;
import io.gantry.pod.testing.RuntimeBed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** What every OCI runtime must do for Gantry; run on each real one. */
abstract class OciRuntimeContract {
    private static final int LIMIT = 1 << 20;
    private RuntimeBed bed;

    abstract RuntimeBed openBed() throws Exception;

    @BeforeEach
    void open() throws Exception {
        bed = openBed();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void lifeOfAContainer() throws Exception {
        created("c1", "exec sleep 1000");
        OciRuntime runtime = bed.runtime();
        runtime.start("c1", "start container c1", RuntimeBed.soon());

        ExecResult result = exec(List.of("sh", "-c", "echo out; echo err >&2; exit 7"));
        assertThat(text(result.stdout())).isEqualTo("out\n");
        assertThat(text(result.stderr())).isEqualTo("err\n");
        assertThat(result.exitCode()).isEqualTo(7);

        assertThat(runtime.kill("c1", Signals.SIGKILL, false, RuntimeBed.soon()))
                .isTrue();
        awaitGone(pid("c1"));
        assertThat(runtime.kill("c1", Signals.SIGTERM, false, RuntimeBed.soon()))
                .isFalse();
        runtime.delete("c1", false, RuntimeBed.soon());
        runtime.delete("c1", false, RuntimeBed.soon());
        runtime.delete("c1", true, RuntimeBed.soon());
        assertThat(scratchFiles()).isEmpty();
    }

    @Test
    void startingTwiceIsRefused() throws Exception {
        created("c1", "exec sleep 1000");
        bed.runtime().start("c1", "start container c1", RuntimeBed.soon());
        GantryException error = failure(() -> bed.runtime().start("c1", "start container c1", RuntimeBed.soon()));
        assertThat(error.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
        assertThat(error).hasMessageStartingWith("start container c1: ");
    }

    @Test
    void unknownContainerIsNotFound() throws Exception {
        assertThat(failure(() -> bed.runtime().start("none", "start container none", RuntimeBed.soon()))
                        .kind())
                .isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(bed.runtime().kill("none", Signals.SIGTERM, false, RuntimeBed.soon()))
                .isFalse();
        bed.runtime().delete("none", true, RuntimeBed.soon());
    }

    @Test
    void commandThatIsNotThereIsNamed() throws Exception {
        RequestFixture request = bed.request("c1", "");
        request.command = List.of("no-such-program", "x");
        ProcessResult created = bed.create("c1", request);
        GantryException error;
        if (created.isSuccess()) {
            error = failure(() -> bed.runtime().start("c1", "start container c1", RuntimeBed.soon()));
        } else {
            error = RuntimeErrors.of("create container c1", created.stderrText());
        }
        assertThat(error.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(error).hasMessageContaining("no-such-program").hasMessageContaining("not found");
        assertThat(error).hasMessageEndingWith("; check the command and whether the image has it");
    }

    @Test
    void execOfACommandThatIsNotThereIsAnErrorAndNotAnExitCode() throws Exception {
        started("c1", "exec sleep 1000");
        GantryException error = failure(() -> exec(List.of("no-such-program")));
        assertThat(error.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(error).hasMessageStartingWith("exec in container c1: ").hasMessageContaining("no-such-program");
        assertThat(scratchFiles()).isEmpty();
    }

    @Test
    void execInAContainerThatDoesNotRunIsRefused() throws Exception {
        started("c1", "exit 0");
        awaitGone(pid("c1"));
        GantryException error = failure(() -> exec(List.of("true")));
        assertThat(error.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    }

    @Test
    void execPastItsDeadlineIsKilledWithAllThatItStarted() throws Exception {
        started("c1", "exec sleep 1000");
        List<String> command =
                List.of("sh", "-c", "sleep 777 & setsid sleep 778 & (sleep 779 &) ; echo going; sleep 776");
        ObjectNode process = OciSpec.execProcess(bed.bundle("c1"), command, false);
        try (ExecSession session = bed.runtime()
                .exec(
                        "c1",
                        process,
                        new io.gantry.platform.process.Command.Stdio.Null(),
                        new io.gantry.platform.process.Command.Stdio.Capture(LIMIT),
                        new io.gantry.platform.process.Command.Stdio.Capture(LIMIT))) {
            awaitUntil(
                    "the command has written",
                    () -> text(session.runtime().stdout()).contains("going"));
            awaitUntil("all four sleep", () -> sleepers().size() == 5);
            GantryException error = failure(() -> session.await(Deadline.after(Duration.ZERO)));
            assertThat(error.kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
            assertThat(error).hasMessage("exec in container c1: the command did not end in time and was killed");
        }
        awaitUntil("only the container's own process is left", () -> sleepers().size() == 1);
        assertThat(scratchFiles()).isEmpty();
    }

    @Test
    void execOutputBeyondTheLimitIsDropped() throws Exception {
        started("c1", "exec sleep 1000");
        ExecResult result = bed.runtime()
                .execSync(
                        "c1",
                        OciSpec.execProcess(bed.bundle("c1"), List.of("head", "-c", "100000", "/dev/zero"), false),
                        1000,
                        RuntimeBed.soon());
        assertThat(result.stdout()).hasSize(1000);
        assertThat(result.truncated()).isTrue();
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void execRunsAsTheContainersUser() throws Exception {
        RequestFixture request = bed.request("c1", "exec sleep 1000");
        request.runAsUserName = "web";
        request.supplementalGroups = List.of(2000L);
        request.workingDirectory = "/tmp";
        request.noNewPrivileges = true;
        created("c1", request);
        bed.runtime().start("c1", "start container c1", RuntimeBed.soon());
        ExecResult result =
                exec(List.of("sh", "-c", "id -u; id -g; pwd; echo $HOME; grep NoNewPrivs /proc/self/status"));
        assertThat(text(result.stdout())).isEqualTo("1000\n1001\n/tmp\n/home/web\nNoNewPrivs:\t1\n");
    }

    @Test
    void updateChangesLimits() throws Exception {
        RequestFixture request = bed.request("c1", "exec sleep 1000");
        request.resources = new LinuxResources(0, 0, 256, 64 << 20, 0, "", "", List.of(), Map.of(), 0);
        created("c1", request);
        bed.runtime().start("c1", "start container c1", RuntimeBed.soon());
        LinuxResources merged = ResourceLimits.merge(
                request.resources, new LinuxResources(100_000, 20_000, 0, 96 << 20, 0, "", "", List.of(), Map.of(), 0));
        ResourceLimits limits = new ResourceLimits(
                HostLimits.of(bed.host()), bed.runtime().handler().features(), "update container c1");
        bed.runtime().update("c1", limits.toJson(merged), RuntimeBed.soon());
        Path memory = bed.host().cgroupControllers().get("memory");
        Path file = memory != null
                ? memory.resolve(bed.cgroup("c1").substring(1)).resolve("memory.limit_in_bytes")
                : bed.host()
                        .cgroup2()
                        .orElseThrow()
                        .resolve(bed.cgroup("c1").substring(1))
                        .resolve("memory.max");
        assertThat(Files.readString(file).strip()).isEqualTo(Long.toString(96 << 20));
    }

    @Test
    void scopesOfSystemdLieWhereTheirPathSays() throws Exception {
        OciRuntime runtime = bed.underSystemd();
        ContainerCgroup cgroup = new CgroupPaths(CgroupDriver.SYSTEMD).container("/gantrytest.slice", "c1");
        RequestFixture request = bed.request("c1", "exec sleep 1000");
        request.cgroupsPath = cgroup.runtimePath();
        request.resources = new LinuxResources(0, 0, 0, 64 << 20, 0, "", "", List.of(), Map.of(), 0);
        ProcessResult result = bed.create(runtime, "c1", request);
        assertThat(result.isSuccess()).as("create: %s", result.stderrText()).isTrue();
        Cgroups cgroups = new Cgroups(bed.host(), JnaSyscalls.instance());
        assertThat(cgroups.processes(cgroup.path())).containsExactly(pid("c1"));
        assertThat(cgroups.oomKills(cgroup.path())).hasValue(0);
        cgroups.killAll(cgroup.path());
        awaitGone(pid("c1"));
        runtime.delete("c1", true, RuntimeBed.soon());
        assertThat(cgroups.exists(cgroup.path())).isFalse();
    }

    private void started(String id, String script) throws Exception {
        created(id, script);
        bed.runtime().start(id, "start container " + id, RuntimeBed.soon());
    }

    private void created(String id, String script) throws Exception {
        created(id, bed.request(id, script));
    }

    private void created(String id, RequestFixture request) throws Exception {
        ProcessResult result = bed.create(id, request);
        assertThat(result.isSuccess()).as("create: %s", result.stderrText()).isTrue();
    }

    private ExecResult exec(List<String> command) throws InterruptedException {
        return bed.runtime()
                .execSync("c1", OciSpec.execProcess(bed.bundle("c1"), command, false), LIMIT, RuntimeBed.soon());
    }

    private List<Integer> sleepers() {
        return new Cgroups(bed.host(), JnaSyscalls.instance())
                .processes(bed.cgroup("c1")).stream()
                        .filter(pid -> {
                            try {
                                return Files.readString(Path.of("/proc/" + pid + "/cmdline"))
                                        .startsWith("sleep");
                            } catch (java.io.IOException e) {
                                return false;
                            }
                        })
                        .toList();
    }

    private int pid(String id) throws Exception {
        return Integer.parseInt(
                Files.readString(bed.directories().root().resolve("pid-" + id)).strip());
    }

    private static void awaitGone(int pid) throws InterruptedException {
        awaitUntil("process " + pid + " has ended", () -> {
            try {
                String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
                return stat.substring(stat.lastIndexOf(')')).startsWith(") Z");
            } catch (java.io.IOException e) {
                return true;
            }
        });
    }

    private static void awaitUntil(String what, java.util.function.BooleanSupplier condition)
            throws InterruptedException {
        Deadline deadline = Deadline.after(Duration.ofSeconds(30));
        while (!condition.getAsBoolean()) {
            assertThat(deadline.isExpired())
                    .as("gave up waiting until %s", what)
                    .isFalse();
            Thread.sleep(5);
        }
    }

    private List<Path> scratchFiles() throws java.io.IOException {
        try (java.util.stream.Stream<Path> files = Files.list(bed.directories().dir("scratch"))) {
            return files.toList();
        }
    }

    private static GantryException failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        GantryException error = catchThrowableOfType(GantryException.class, call);
        assertThat(error).as("the call fails").isNotNull();
        return error;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

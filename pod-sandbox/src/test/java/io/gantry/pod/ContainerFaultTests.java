package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.testing.PodBed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Parts that fail, hang, die or come in each other's way, on real runc, conmon and pause processes. */
@Timeout(180)
class ContainerFaultTests {
    private PodBed bed;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        bed = PodBed.create();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    // Sandboxes that stop while a container is made.

    private interface Call {
        void run(String id) throws InterruptedException;
    }

    /** A runner that holds conmon back until its caller is interrupted. */
    private static ProcessRunner slowConmon(CountDownLatch reached) {
        return command -> {
            if (isProgram(command, "conmon")) {
                reached.countDown();
                try {
                    Thread.sleep(Duration.ofMinutes(10));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return SpawnProcessRunner.shared().start(command);
        };
    }

    private void whileAContainerIsMade(Call call) throws Exception {
        String sandbox = bed.run("pod");
        CountDownLatch reached = new CountDownLatch(1);
        bed.runWith(slowConmon(reached));
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<String> create = executor.submit(() -> bed.create(sandbox, "main", "sleep 1000"));
            assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();

            call.run(sandbox);

            assertThatThrownBy(() -> create.get(30, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(GantryException.class, problem -> {
                        assertThat(problem.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
                        assertThat(problem).hasMessageContaining("stopped meanwhile");
                    });
        }
        assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
        bed.pods().sandboxes().remove(sandbox);
        bed.awaitLeftovers(List.of());
        PodBed.await(() -> processes() == 0, "the processes to end");
    }

    @Test
    void aSandboxIsStopped() throws Exception {
        whileAContainerIsMade(id -> bed.pods().sandboxes().stop(id));
    }

    @Test
    void aSandboxIsRemoved() throws Exception {
        whileAContainerIsMade(id -> bed.pods().sandboxes().remove(id));
    }

    @Test
    void noContainerRunsInASandboxThatStoppedMeanwhile() throws Exception {
        for (int round = 0; round < 12; round++) {
            String sandbox = bed.run("pod" + round);
            int delay = round * 15;
            try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> create = executor.submit(() -> bed.start(sandbox, "main", "sleep 1000"));
                Thread.sleep(delay);
                bed.pods().sandboxes().stop(sandbox);
                try {
                    var unused = create.get(30, TimeUnit.SECONDS);
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(GantryException.class);
                }
            }
            assertThat(bed.pods().containers().list(ContainerFilter.ALL))
                    .filteredOn(container -> container.sandboxId().equals(sandbox))
                    .allMatch(container -> container.status().isExited());
            PodBed.await(() -> processes() == 0, "the processes to end");
            bed.pods().sandboxes().remove(sandbox);
        }
        bed.awaitLeftovers(List.of());
    }

    // Starts.

    @Test
    void aStartThatItsCallerGivesUpIsSettled() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.create(sandbox, "main", "sleep 1000");
        CountDownLatch started = new CountDownLatch(1);
        bed.runWith(command -> {
            RunningProcess process = SpawnProcessRunner.shared().start(command);
            if (command.argv().contains("start")) {
                process.exited().join();
                started.countDown();
                try {
                    Thread.sleep(Duration.ofMinutes(10));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return process;
        });
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                bed.pods().containers().start(id);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();

        caller.interrupt();
        caller.join();

        assertThat(status(id).status().phase()).isEqualTo(ContainerPhase.RUNNING);
        bed.pods().containers().stop(id, Duration.ZERO);
        assertThat(status(id).status().exitCode()).isEqualTo(137);
    }

    @Test
    void aStartThatFailsLeavesNoProcess() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.create(sandbox, "main", "sleep 1000");
        bed.runWith(command -> SpawnProcessRunner.shared()
                .start(command.argv().contains("start") ? Command.of("sh", "-c", "echo broken >&2; exit 1") : command));

        assertThatThrownBy(() -> bed.pods().containers().start(id)).hasMessageContaining("broken");

        Container failed = status(id);
        assertThat(failed.status().phase()).isEqualTo(ContainerPhase.EXITED);
        assertThat(failed.status().reason()).isEqualTo("StartError");
        assertThat(failed.status().exitCode()).isEqualTo(128);
        PodBed.await(() -> processes() == 1, "only the pause process to be left");
        bed.pods().containers().remove(id);
        bed.pods().sandboxes().remove(sandbox);
        bed.awaitLeftovers(List.of());
    }

    // Stops.

    @Test
    void aContainerThatNeverRanDoesNotUseItsGracePeriod() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.create(sandbox, "main", "exit 0");

        bed.pods().containers().stop(id, Duration.ofDays(100_000));

        assertThat(status(id).status().isExited()).isTrue();
        assertThat(status(id).status().startedAt()).isNull();
    }

    @Test
    void aStopAfterOneThatWasGivenUpBeginsAnew() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.start(
                sandbox,
                "main",
                "n=0; trap 'n=$((n+1)); echo told $n; test $n = 2 && exit 6' TERM; echo ready; while true; do sleep 0.05; done");
        PodBed.await(() -> bed.logOf("pod", "main").contains("ready"), "the trap");
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                bed.pods().containers().stop(id, Duration.ofMillis(500));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        PodBed.await(() -> bed.logOf("pod", "main").contains("told 1"), "the first signal");
        caller.interrupt();
        caller.join();
        Thread.sleep(600);

        bed.pods().containers().stop(id, Duration.ofMinutes(2));

        assertThat(status(id).status().exitCode()).isEqualTo(6);
    }

    @Test
    void aConmonThatHangsDoesNotKeepAContainer() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.start(sandbox, "main", "sleep 1000");
        PodBed.signal(status(id).status().monitor(), Signals.SIGSTOP);

        bed.pods().containers().stop(id, Duration.ZERO);

        assertThat(status(id).status().reason()).isEqualTo("MonitorLost");
        bed.pods().containers().remove(id);
        bed.pods().sandboxes().remove(sandbox);
        bed.awaitLeftovers(List.of());
        PodBed.await(() -> processes() == 0, "the processes to end");
    }

    @Test
    void aRemovalDuringAStopEndsBoth() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.start(sandbox, "main", "trap '' TERM; echo ready; while true; do sleep 0.1; done");
        PodBed.await(() -> bed.logOf("pod", "main").contains("ready"), "the trap");
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> stop = executor.submit(() -> {
                bed.pods().containers().stop(id, Duration.ofHours(1));
                return true;
            });
            Thread.sleep(100);

            bed.pods().containers().remove(id);

            assertThat(stop.get(30, TimeUnit.SECONDS)).isEqualTo(true);
        }
        assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
    }

    // Containers without a PID namespace of their own.

    @Test
    void childrenEndWithAContainerThatSharesTheHostsPids() throws Exception {
        String sandbox = bed.pods().sandboxes().run(bed.sandbox("pod", host()), "");
        String id = bed.pods()
                .containers()
                .create(
                        sandbox,
                        bed.container(
                                "main",
                                List.of("sh", "-c", "sleep 4444 & sleep 4445 & sleep 0.2; exit 3"),
                                LinuxResources.NONE,
                                host()),
                        bed.sandbox("pod"));
        bed.pods().containers().start(id);

        assertThat(bed.awaitExit(id).status().exitCode()).isEqualTo(3);

        PodBed.await(() -> processes() == 1, "only the pause process to be left");
        bed.pods().containers().remove(id);
        bed.pods().sandboxes().remove(sandbox);
        bed.awaitLeftovers(List.of());
    }

    @Test
    void aKillReachesTheChildrenOfAContainerThatSharesThePodsPids() throws Exception {
        String sandbox = bed.pods().sandboxes().run(bed.sandbox("pod", NamespaceMode.POD), "");
        String id = bed.pods()
                .containers()
                .create(
                        sandbox,
                        bed.container(
                                "main",
                                List.of("sh", "-c", "trap '' TERM; : > /tmp/deaf; sleep 4444 & wait; wait"),
                                LinuxResources.NONE,
                                NamespaceMode.POD),
                        bed.sandbox("pod"));
        bed.pods().containers().start(id);
        PodBed.await(() -> succeeds(id, "sh", "-c", "test -e /tmp/deaf"), "the container to be deaf to TERM");

        bed.pods().containers().stop(id, Duration.ofMillis(100));

        assertThat(status(id).status().exitCode()).isEqualTo(137);
        PodBed.await(() -> processes() == 1, "only the pause process to be left");
    }

    private boolean succeeds(String id, String... command) {
        try {
            return bed.pods()
                            .containers()
                            .execSync(id, List.of(command), Duration.ZERO)
                            .exitCode()
                    == 0;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static NamespaceOptions host() {
        return new NamespaceOptions(NamespaceMode.NODE, NamespaceMode.NODE, NamespaceMode.NODE, "", null);
    }

    // Execs.

    @Test
    void aChildThatKeepsTheOutputOpenDoesNotKeepAnExec() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.start(sandbox, "main", "sleep 1000");

        ExecResult result = bed.pods()
                .containers()
                .execSync(id, List.of("sh", "-c", "sleep 1000 & echo told"), Duration.ofSeconds(20));

        assertThat(new String(result.stdout(), StandardCharsets.UTF_8)).isEqualTo("told\n");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void bothOutputsOfAnExecFitIntoOneMessage() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.start(sandbox, "main", "sleep 1000");

        ExecResult result = bed.pods()
                .containers()
                .execSync(
                        id,
                        List.of(
                                "sh",
                                "-c",
                                "dd if=/dev/zero bs=1M count=17 2>/dev/null; dd if=/dev/zero bs=1M count=9 >&2"),
                        Duration.ofMinutes(2));

        assertThat(result.truncated()).isTrue();
        assertThat(result.stdout().length + result.stderr().length).isBetween(15 << 20, (16 << 20) - 4096);
        assertThat(result.stdout().length).isGreaterThan(7 << 20);
        assertThat(result.stderr().length).isGreaterThan(7 << 20);
    }

    // Parts of the node that are missing or in the way.

    @Test
    void withoutConmonNothingIsCreated() throws Exception {
        String sandbox = bed.run("pod");
        List<String> before = bed.leftovers();
        bed.runWith(command -> {
            if (isProgram(command, "conmon")) {
                throw GantryException.of(ErrorKind.NOT_FOUND, "start conmon", "no such program in PATH");
            }
            return SpawnProcessRunner.shared().start(command);
        });

        assertThatKind(() -> bed.create(sandbox, "main", "exit 0"), ErrorKind.FAILED_PRECONDITION);
        assertThatThrownBy(() -> bed.create(sandbox, "main", "exit 0")).hasMessageContaining("install conmon");

        bed.awaitLeftovers(before);
    }

    @Test
    void aConmonThatIsKilledWhileItCreatesLeavesNothing() throws Exception {
        String sandbox = bed.run("pod");
        List<String> before = bed.leftovers();
        bed.runWith(command -> {
            RunningProcess process = SpawnProcessRunner.shared().start(command);
            if (isProgram(command, "conmon")) {
                process.signal(Signals.SIGKILL);
            }
            return process;
        });

        assertThatKind(() -> bed.create(sandbox, "main", "exit 0"), ErrorKind.INTERNAL);

        bed.awaitLeftovers(before);
        bed.runWith(SpawnProcessRunner.shared());
        assertThat(bed.awaitExit(bed.start(sandbox, "main", "exit 2")).status().exitCode())
                .isEqualTo(2);
    }

    @Test
    void aCreationThatItsCallerGivesUpLeavesNothing() throws Exception {
        String sandbox = bed.run("pod");
        List<String> before = bed.leftovers();
        for (int delay = 0; delay < 120; delay += 12) {
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    String id = bed.create(sandbox, "main", "exit 0");
                    bed.pods().containers().remove(id);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            Thread.sleep(delay);
            caller.interrupt();
            caller.join();
            // What was done before it was given up is found under its name.
            for (Container done : bed.pods().containers().list(ContainerFilter.ALL)) {
                bed.pods().containers().remove(done.id());
            }
            bed.awaitLeftovers(before);
            PodBed.await(() -> processes() == 1, "only the pause process to be left");
        }
    }

    @Test
    void aLogDirectoryThatCannotBeMade() throws Exception {
        Files.writeString(bed.logs().resolve("pod"), "in the way");

        assertThatThrownBy(() -> bed.run("pod")).hasMessageContaining("create log directory");

        bed.awaitLeftovers(List.of());
        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).isEmpty();
        Files.delete(bed.logs().resolve("pod"));
        String sandbox = bed.run("pod");
        List<String> before = bed.leftovers();
        Trees.delete(bed.logs().resolve("pod"));
        Files.writeString(bed.logs().resolve("pod"), "in the way");

        assertThatThrownBy(() -> bed.create(sandbox, "main", "exit 0")).hasMessageContaining("create log directory");

        bed.awaitLeftovers(before);
    }

    @Test
    void aNetworkNamespaceThatSomebodyDestroyed() throws Exception {
        String sandbox = bed.run("pod");
        Path netns = bed.state().resolve("sandboxes").resolve(sandbox).resolve("ns/net");
        assertThat(new Mounts(JnaSyscalls.instance()).unmount(netns)).isTrue();
        PodBed.kill(bed.pods().sandboxes().status(sandbox).pause());

        bed.pods().sandboxes().stop(sandbox);
        bed.pods().sandboxes().remove(sandbox);

        bed.awaitLeftovers(List.of());
        assertThat(bed.dels()).isEqualTo(1);
    }

    @Test
    void aPluginThatFailsToDetach() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.start(sandbox, "main", "sleep 1000");
        bed.writePlugin("true", "echo '{\"code\":999,\"msg\":\"not now\"}'; exit 1");

        assertThatThrownBy(() -> bed.pods().sandboxes().stop(sandbox)).hasMessageContaining("not now");

        assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isFalse();
        assertThat(status(id).status().isExited()).isTrue();
        bed.writeWorkingPlugin();
        bed.pods().sandboxes().stop(sandbox);
        bed.pods().sandboxes().remove(sandbox);
        bed.awaitLeftovers(List.of());
    }

    @Test
    void aPluginThatNeverDetachesDoesNotKeepASandbox() throws Exception {
        String sandbox = bed.run("pod");
        bed.writePlugin("true", "exit 1");

        bed.pods().sandboxes().remove(sandbox);

        bed.awaitLeftovers(List.of());
        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).isEmpty();
    }

    @Test
    void anExitFileOfAnUnknownContainerIsIgnored() throws Exception {
        String sandbox = bed.run("pod");
        Files.writeString(bed.state().resolve("exits").resolve("unknown"), "3");
        Files.createDirectory(bed.state().resolve("exits").resolve("directory"));

        assertThat(bed.awaitExit(bed.start(sandbox, "main", "exit 5")).status().exitCode())
                .isEqualTo(5);
    }

    @Test
    void descriptorsAreGivenBack() throws Exception {
        cycle("warm");
        long before = descriptors();
        for (int i = 0; i < 5; i++) {
            cycle("pod" + i);
        }
        PodBed.await(() -> descriptors() <= before, "descriptors to be closed");
    }

    private void cycle(String name) throws InterruptedException {
        String sandbox = bed.run(name);
        Container ended = bed.awaitExit(bed.start(sandbox, "short", "exit 1"));
        String killed = bed.start(sandbox, "long", "sleep 1000");
        var unused = bed.pods().containers().execSync(killed, List.of("true"), Duration.ZERO);
        bed.pods().containers().stop(killed, Duration.ZERO);
        bed.pods().containers().remove(ended.id());
        bed.pods().sandboxes().stop(sandbox);
        bed.pods().sandboxes().remove(sandbox);
    }

    private static long descriptors() {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private int processes() {
        try {
            return bed.processes().size();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Container status(String id) {
        return bed.pods().containers().status(id);
    }

    private static boolean isProgram(Command command, String name) {
        return Path.of(command.argv().getFirst()).endsWith(name);
    }

    private static void assertThatKind(ThrowingCallable call, ErrorKind kind) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        GantryException.class,
                        problem -> assertThat(problem.kind()).isEqualTo(kind));
    }
}

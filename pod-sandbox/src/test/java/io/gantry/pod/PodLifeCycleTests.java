package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.storage.Json;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Sandboxes and containers on real runc, conmon and pause processes. */
class PodLifeCycleTests {
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

    @Test
    void aPodRunsAndLeavesNothing() throws Exception {
        String sandbox = bed.run("web");
        String container = bed.start(sandbox, "main", "echo hello; echo bad >&2; sleep 1000");

        assertThat(bed.pods().sandboxes().status(sandbox).ips()).containsExactly("10.9.8.7");
        PodBed.await(() -> logHas("web", "main", "stderr F bad"), "the log");
        assertThat(bed.log("web", "main")).contains("stdout F hello");
        ExecResult exec =
                bed.pods().containers().execSync(container, List.of("sh", "-c", "echo out; exit 3"), Duration.ZERO);
        assertThat(exec.exitCode()).isEqualTo(3);
        assertThat(new String(exec.stdout(), StandardCharsets.UTF_8)).isEqualTo("out\n");

        bed.pods().containers().stop(container, Duration.ZERO);
        assertThat(bed.pods().containers().status(container).status().exitCode())
                .isEqualTo(137);
        bed.pods().containers().remove(container);
        bed.pods().sandboxes().stop(sandbox);
        bed.pods().sandboxes().remove(sandbox);

        assertThat(bed.dels()).isEqualTo(1);
        assertThat(bed.leftovers()).isEmpty();
    }

    /** Under the names that scripts look for in the info of other runtimes. */
    @Test
    void verboseAnswersHaveSpecificationNetworkAndPlaces() throws Exception {
        String sandbox = bed.run("verbose");
        String container = bed.start(sandbox, "main", "sleep 1000");

        JsonNode pod = Json.mapper().valueToTree(bed.pods().sandboxes().verboseInfo(sandbox));
        assertThat(pod.at("/network").asString()).isEqualTo("test");
        assertThat(pod.at("/cniResult/ips/0/address").asString()).isEqualTo("10.9.8.7/24");
        assertThat(pod.at("/cniResult/interfaces/0/name").asString()).isEqualTo("eth0");
        assertThat(pod.at("/cniResult/routes").isArray()).isTrue();
        assertThat(pod.at("/runtimeSpec/hostname").asString()).isEqualTo("verbose");
        List<String> types = new ArrayList<>();
        for (JsonNode namespace : pod.at("/runtimeSpec/linux/namespaces")) {
            types.add(namespace.path("type").asString());
            assertThat(Path.of(namespace.path("path").asString())).exists();
        }
        assertThat(types).containsExactlyInAnyOrder("network", "ipc", "uts");

        JsonNode info = Json.mapper().valueToTree(bed.pods().containers().verboseInfo(container));
        assertThat(info.at("/sandboxID").asString()).isEqualTo(sandbox);
        assertThat(Path.of("/proc", info.at("/pid").asString())).exists();
        assertThat(info.at("/privileged").asBoolean(true)).isFalse();
        assertThat(info.at("/config/metadata/name").asString()).isEqualTo("main");
        assertThat(info.at("/runtimeSpec/process/args/0").asString()).isEqualTo("sh");
        assertThat(info.at("/runtimeSpec/linux/namespaces").isEmpty()).isFalse();
        Files.writeString(Path.of(info.at("/snapshotDir").asString()).resolve("marker"), "x");
        assertThat(Path.of(info.at("/rootfs").asString()).resolve("marker")).exists();

        bed.pods().sandboxes().stop(sandbox);
        assertThat(bed.pods().sandboxes().verboseInfo(sandbox)).doesNotContainKey("cniResult");
        assertThat(bed.pods().containers().verboseInfo(container)).containsKey("runtimeSpec");
    }

    /** Not the daemon's own, which are a daemon's. */
    @Test
    void containersAndCommandsInThemHaveTheDefaultLimits() throws Exception {
        String ask = "echo $(ulimit -Sn) $(ulimit -Hn) $(ulimit -c)";
        String sandbox = bed.run("limits");
        String container = bed.start(sandbox, "main", ask + "; sleep 1000");

        PodBed.await(() -> logHas("limits", "main", "stdout F 512 2048 0"), "the log");
        ExecResult exec = bed.pods().containers().execSync(container, List.of("sh", "-c", ask), Duration.ZERO);
        assertThat(new String(exec.stdout(), StandardCharsets.UTF_8)).isEqualTo("512 2048 0\n");
    }

    @ParameterizedTest
    @CsvSource({"exit 0, 0, Completed", "exit 3, 3, Error", "exit 143, 143, Error", "exit 255, 255, Error"})
    void exitCodesAreThoseOfTheProgram(String script, int code, String reason) throws Exception {
        String sandbox = bed.run("exits");

        Container ended = bed.awaitExit(bed.start(sandbox, "main", script));

        assertThat(ended.status().exitCode()).isEqualTo(code);
        assertThat(ended.status().reason()).isEqualTo(reason);
        assertThat(ended.status().startedAt()).isNotNull();
        assertThat(ended.status().finishedAt()).isNotNull();
    }

    @Test
    void programsThatEndAtOnceKeepTheirCodes() throws Exception {
        String sandbox = bed.run("short");
        for (int i = 0; i < 50; i++) {
            Container ended = bed.awaitExit(bed.start(sandbox, "c" + i, "exit " + i));
            assertThat(ended.status().exitCode()).isEqualTo(i);
            assertThat(ended.status().startedAt()).isNotNull();
        }
    }

    @Test
    void theOomKillerIsNamed() throws Exception {
        String sandbox = bed.run("oom");
        LinuxResources limit = new LinuxResources(0, 0, 0, 20 << 20, 0, "", "", List.of(), Map.of(), 20 << 20);
        String id = bed.pods()
                .containers()
                .create(
                        sandbox,
                        bed.container(
                                "main",
                                List.of("dd", "if=/dev/zero", "of=/dev/null", "bs=40M"),
                                limit,
                                NamespaceMode.CONTAINER),
                        bed.sandbox("oom"));
        bed.pods().containers().start(id);

        Container ended = bed.awaitExit(id);

        assertThat(ended.status().exitCode()).isEqualTo(137);
        assertThat(ended.status().reason()).isEqualTo("OOMKilled");
    }

    @Test
    void aStopWithLessTimeCutsALongOneShort() throws Exception {
        String sandbox = bed.run("stop");
        String id = bed.start(sandbox, "deaf", "trap '' TERM; echo deaf; while true; do sleep 0.1; done");
        PodBed.await(() -> logHas("stop", "deaf", "deaf"), "the trap");
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var slow = executor.submit(() -> {
                bed.pods().containers().stop(id, Duration.ofHours(1));
                return true;
            });
            Thread.sleep(200);
            assertThat(bed.pods().containers().status(id).status().isRunning()).isTrue();

            bed.pods().containers().stop(id, Duration.ofMillis(100));

            assertThat(slow.get(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(bed.pods().containers().status(id).status().exitCode()).isEqualTo(137);
    }

    @Test
    void aStopThatItsCallerGivesUpKillsNothing() throws Exception {
        String sandbox = bed.run("giveup");
        String id = bed.start(sandbox, "deaf", "trap 'echo told' TERM; echo ready; while true; do sleep 0.1; done");
        PodBed.await(() -> logHas("giveup", "deaf", "ready"), "the trap");
        AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                bed.pods().containers().stop(id, Duration.ofMillis(1500));
            } catch (Throwable e) {
                thrown.set(e);
            }
        });
        PodBed.await(() -> logHas("giveup", "deaf", "told"), "the signal");

        caller.interrupt();
        caller.join();
        Thread.sleep(1800);

        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        assertThat(bed.pods().containers().status(id).status().isRunning()).isTrue();
    }

    @Test
    void commandsPastTheirTimeAreKilledWithTheirChildren() throws Exception {
        String sandbox = bed.run("exec");
        String id = bed.start(sandbox, "main", "sleep 1000");

        assertThatKind(
                () -> bed.pods()
                        .containers()
                        .execSync(id, List.of("sh", "-c", "sleep 4321 & sleep 4321"), Duration.ofMillis(500)),
                ErrorKind.DEADLINE_EXCEEDED);

        ExecResult ps = bed.pods().containers().execSync(id, List.of("ps"), Duration.ZERO);
        assertThat(new String(ps.stdout(), StandardCharsets.UTF_8)).doesNotContain("4321");
    }

    @Test
    void containersOfOnePodShareAPidNamespaceWhereAsked() throws Exception {
        String sandbox = bed.pods().sandboxes().run(bed.sandbox("shared", NamespaceMode.POD), "");
        String first = bed.pods()
                .containers()
                .create(
                        sandbox,
                        bed.container("a", List.of("sleep", "1000"), LinuxResources.NONE, NamespaceMode.POD),
                        bed.sandbox("shared"));
        String second = bed.pods()
                .containers()
                .create(
                        sandbox,
                        bed.container("b", List.of("sleep", "2000"), LinuxResources.NONE, NamespaceMode.POD),
                        bed.sandbox("shared"));
        bed.pods().containers().start(first);
        bed.pods().containers().start(second);

        // A start returns a moment before the runtime's process becomes the program.
        PodBed.await(() -> processesSeenBy(first).contains("sleep 2000"), "both programs to be seen");
        assertThat(processesSeenBy(first)).contains("sleep 1000", "sleep 2000");
        bed.pods().containers().stop(first, Duration.ZERO);

        assertThat(bed.pods().containers().status(second).status().isRunning()).isTrue();
    }

    private String processesSeenBy(String container) {
        try {
            ExecResult ps = bed.pods().containers().execSync(container, List.of("ps"), Duration.ZERO);
            return new String(ps.stdout(), StandardCharsets.UTF_8);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aSecondRunOfTheSameNameGetsTheSameSandbox() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var runs = executor.invokeAll(List.of(() -> bed.run("twin"), () -> bed.run("twin"), () -> bed.run("twin")));

            assertThat(List.of(runs.get(0).get(), runs.get(1).get(), runs.get(2).get()))
                    .containsOnly(bed.run("twin"));
        }
        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).hasSize(1);
    }

    @Test
    void aRunThatItsCallersGiveUpLeavesNothing() throws Exception {
        bed.writePlugin("sleep 1000");
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                bed.run("gone");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        PodBed.await(() -> Files.exists(onlyChild(bed.state().resolve("sandboxes"))), "the sandbox to begin");
        Thread.sleep(300);

        caller.interrupt();
        caller.join();

        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).isEmpty();
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void aPluginThatFailsLeavesNothing() throws Exception {
        bed.writePlugin("echo '{\"code\":999,\"msg\":\"no address left\"}'; exit 1");

        assertThatThrownBy(() -> bed.run("nonet")).hasMessageContaining("no address left");

        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void aCommandThatIsNotThereLeavesNothing() throws Exception {
        String sandbox = bed.run("nocmd");

        assertThatThrownBy(() -> bed.pods()
                        .containers()
                        .create(
                                sandbox,
                                bed.container(
                                        "main", List.of("/no/such"), LinuxResources.NONE, NamespaceMode.CONTAINER),
                                bed.sandbox("nocmd")))
                .hasMessageContaining("/no/such");

        assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void aContainerThatWasNeverStartedIsRemoved() throws Exception {
        String sandbox = bed.run("unstarted");
        String id = bed.create(sandbox, "main", "exit 0");

        bed.pods().containers().remove(id);
        bed.pods().sandboxes().remove(sandbox);

        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void aSandboxWhosePauseProcessEndsIsNotReady() throws Exception {
        String sandbox = bed.run("paused");
        ProcessIdentity pause = bed.pods().sandboxes().status(sandbox).pause();

        PodBed.kill(pause);

        PodBed.await(() -> !bed.pods().sandboxes().status(sandbox).isReady(), "the sandbox not to be ready");
        assertThatKind(() -> bed.create(sandbox, "late", "exit 0"), ErrorKind.FAILED_PRECONDITION);
        bed.pods().sandboxes().stop(sandbox);
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void aLostMonitorIsToldOnceTheContainerIsOver() throws Exception {
        String sandbox = bed.run("lost");
        String id = bed.start(sandbox, "main", "sleep 1000");
        Container running = bed.pods().containers().status(id);

        PodBed.kill(running.status().monitor());
        Thread.sleep(300);
        // conmon's death takes a container with it only when it wrote to a closed pipe.
        PodBed.kill(running.status().init());

        Container ended = bed.awaitExit(id);
        assertThat(ended.status().exitCode()).isEqualTo(255);
        assertThat(ended.status().reason()).isEqualTo("MonitorLost");
    }

    @Test
    void aLogIsReopenedAfterItWasRenamed() throws Exception {
        String sandbox = bed.run("log");
        String id = bed.start(sandbox, "main", "while true; do echo tick; sleep 0.05; done");
        PodBed.await(() -> logHas("log", "main", "tick"), "the log");
        Path log = bed.logs().resolve("log/main.log");
        Files.move(log, log.resolveSibling("main.log.1"));

        bed.pods().containers().reopenLog(id);

        PodBed.await(() -> logHas("log", "main", "tick"), "the new log");
    }

    @Test
    void aRestartFindsWhatItLeft() throws Exception {
        String sandbox = bed.run("kept");
        String running = bed.start(sandbox, "running", "sleep 1000");
        String ended = bed.start(sandbox, "ended", "exit 7");
        String created = bed.create(sandbox, "created", "exit 9");
        Container unused = bed.awaitExit(ended);

        bed.restart();

        assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isTrue();
        assertThat(bed.pods().sandboxes().status(sandbox).ips()).containsExactly("10.9.8.7");
        assertThat(phase(running)).isEqualTo(ContainerPhase.RUNNING);
        assertThat(phase(created)).isEqualTo(ContainerPhase.CREATED);
        assertThat(bed.pods().containers().status(ended).status().exitCode()).isEqualTo(7);
        bed.pods().containers().start(created);
        assertThat(bed.awaitExit(created).status().exitCode()).isEqualTo(9);
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void exitsThatHappenWhileNoDaemonRunsAreFound() throws Exception {
        String sandbox = bed.run("meanwhile");
        String id = bed.start(sandbox, "main", "sleep 0.3; exit 5");
        bed.pods().close();
        PodBed.await(() -> Files.exists(bed.state().resolve("exits").resolve(id)), "the exit file");

        bed.restart();

        assertThat(bed.awaitExit(id).status().exitCode()).isEqualTo(5);
    }

    @Test
    void whatACrashCutShortIsUndone() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CompletableFuture<Void> never = new CompletableFuture<>();
        String sandbox = bed.run("half");
        bed.runWith(command -> {
            if (command.argv().getFirst().endsWith("conmon")) {
                reached.countDown();
                never.join();
            }
            return SpawnProcessRunner.shared().start(command);
        });
        Thread stuck = Thread.ofPlatform().daemon().start(() -> {
            try {
                bed.create(sandbox, "main", "exit 0");
            } catch (GantryException | InterruptedException | java.util.concurrent.CompletionException e) {
                return;
            }
        });
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        bed.runWith(SpawnProcessRunner.shared());

        bed.restart();

        assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
        assertThat(bed.root().resolve("snapshots")).isEmptyDirectory();
        assertThat(bed.state().resolve("containers")).isEmptyDirectory();
        assertThat(stuck.isAlive()).isTrue();
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void aRecordThatCannotBeReadIsSetAsideAndItsPodCleanedUp() throws Exception {
        String sandbox = bed.run("corrupt");
        String id = bed.start(sandbox, "main", "sleep 1000");
        Container running = bed.pods().containers().status(id);
        Files.writeString(bed.root().resolve("containers").resolve(id + ".json"), "{\"schema\":1,\"rec");

        bed.restart();

        assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
        assertThat(bed.root().resolve("containers/corrupt")).isNotEmptyDirectory();
        ProcessIdentity init = running.status().init();
        PodBed.await(() -> init != null && !init.exists(), "the container to be gone");
        assertThat(bed.state().resolve("containers")).isEmptyDirectory();
    }

    @Test
    void aSandboxWhoseRecordIsLostIsEndedWithAllItHas() throws Exception {
        String sandbox = bed.run("lostrecord");
        ProcessIdentity pause = bed.pods().sandboxes().status(sandbox).pause();
        Files.writeString(bed.root().resolve("sandboxes").resolve(sandbox + ".json"), "");

        bed.restart();

        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).isEmpty();
        assertThat(pause).isNotNull();
        PodBed.await(() -> pause != null && !pause.exists(), "the pause process to be gone");
        assertThat(bed.dels()).isEqualTo(1);
        Files.delete(onlyChild(bed.root().resolve("sandboxes/corrupt")));
        Files.delete(bed.root().resolve("sandboxes/corrupt"));
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void whatCannotBeRemovedIsTriedAgainWithoutARestart() throws Exception {
        String sandbox = bed.run("stuck");
        Files.delete(bed.root().resolve("sandboxes").resolve(sandbox + ".json"));
        bed.writePlugin("exit 1", "exit 1");

        bed.restartWithoutReconciling();
        assertThat(bed.pods().reconcile()).isFalse();
        long attempts = bed.dels();
        assertThat(bed.pods().reconcile()).isFalse();
        assertThat(bed.dels()).isGreaterThan(attempts);

        bed.writeWorkingPlugin();
        assertThat(bed.pods().reconcile()).isTrue();
        attempts = bed.dels();
        bed.awaitLeftovers(List.of());
        assertThat(bed.pods().reconcile()).isTrue();
        assertThat(bed.dels()).isEqualTo(attempts);
    }

    @Test
    void aPodEndsAlsoWhenTheDiskTakesNoRecord() throws Exception {
        String sandbox = bed.run("full");
        String id = bed.start(sandbox, "main", "sleep 0.5; exit 7");
        String other = bed.start(sandbox, "other", "sleep 1000");
        Path containers = bed.root().resolve("containers");
        Path sandboxes = bed.root().resolve("sandboxes");
        for (Path records : List.of(containers, sandboxes)) {
            Files.move(records, records.resolveSibling(records.getFileName() + ".away"));
            Files.writeString(records, "no directory");
        }

        try {
            assertThat(bed.awaitExit(id).status().exitCode()).isEqualTo(7);
            bed.pods().containers().stop(other, Duration.ZERO);
            bed.pods().sandboxes().stop(sandbox);
            assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isFalse();
        } finally {
            for (Path records : List.of(containers, sandboxes)) {
                Files.delete(records);
                Files.move(records.resolveSibling(records.getFileName() + ".away"), records);
            }
        }
        bed.restart();

        assertThat(bed.pods().containers().status(id).status().exitCode()).isEqualTo(7);
        assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isFalse();
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void aNameThatNoPluginCanBeToldLeavesNothing() throws Exception {
        assertThatKind(() -> bed.run("a\nb"), ErrorKind.INVALID_ARGUMENT);

        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).isEmpty();
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void unknownIdsAreNoErrorWhereCriSaysSo() throws Exception {
        bed.pods().containers().stop("none", Duration.ZERO);
        bed.pods().containers().remove("none");
        bed.pods().sandboxes().stop("none");
        bed.pods().sandboxes().remove("none");
        assertThatKind(() -> bed.pods().containers().status("none"), ErrorKind.NOT_FOUND);
        assertThatKind(() -> bed.pods().sandboxes().status("none"), ErrorKind.NOT_FOUND);
        assertThatKind(() -> bed.create("none", "main", "exit 0"), ErrorKind.NOT_FOUND);
        assertThatKind(() -> bed.pods().sandboxes().run(bed.sandbox("x"), "kata"), ErrorKind.NOT_FOUND);
        assertThat(bed.leftovers()).isEmpty();
    }

    private ContainerPhase phase(String id) {
        return bed.pods().containers().status(id).status().phase();
    }

    private boolean logHas(String sandbox, String container, String text) {
        try {
            return bed.log(sandbox, container).contains(text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Path onlyChild(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.findFirst().orElse(directory.resolve("none"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertThatKind(ThrowingCallable call, ErrorKind kind) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        GantryException.class,
                        problem -> assertThat(problem.kind()).isEqualTo(kind));
    }
}

package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.sandbox.RestoredPod;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.testing.Criu;
import io.gantry.pod.testing.PodBed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoint and restore with real runc, conmon and criu. */
class CheckpointTests {
    private static final String COUNTER =
            "echo kept >/changed; rm /bin/ls; i=0; while :; do i=$((i+1)); echo count $i; sleep 0.1; done";

    @TempDir
    private Path directory;

    private PodBed bed;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        Criu.assumeWorks();
        bed = PodBed.create();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    @Test
    void aContainerGoesOnAfterItsCheckpointAndInAnotherPod() throws Exception {
        String first = bed.run("first");
        String container = bed.start(first, "main", COUNTER);
        PodBed.await(() -> count("first") > 3, "the counter");
        Path archive = directory.resolve("main.tar");

        bed.pods().containers().checkpoint(container, archive.toString(), Duration.ZERO);

        int dumped = count("first");
        PodBed.await(() -> count("first") > dumped + 2, "the container to go on");
        assertThat(Files.getPosixFilePermissions(archive)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(names(archive))
                .contains(
                        "config.dump",
                        "spec.dump",
                        "bind.mounts",
                        "checkpoint/inventory.img",
                        "rootfs-diff.tar",
                        "deleted.files",
                        "dump.log",
                        "stats-dump",
                        "container.log");
        assertThat(directory.toFile().listFiles()).containsExactly(archive.toFile());
        assertThat(bed.root().resolve("checkpoints")).isEmptyDirectory();

        String second = bed.run("second");
        String restored = bed.pods().containers().create(second, restoring("main", archive), bed.sandbox("ignored"));
        assertThat(phase(restored)).isEqualTo(ContainerPhase.CREATED);
        bed.pods().containers().start(restored);

        assertThat(phase(restored)).isEqualTo(ContainerPhase.RUNNING);
        PodBed.await(() -> count("second") > dumped, "the restored counter");
        assertThat(firstCount("second")).isGreaterThan(3);
        assertThat(exec(restored, "cat /changed; test -e /bin/ls || echo gone; hostname"))
                .isEqualTo("kept\ngone\nsecond\n");
        assertThat(bed.root().resolve("restores")).isEmptyDirectory();

        bed.pods().containers().stop(restored, Duration.ZERO);
        assertThat(bed.pods().containers().status(restored).status().exitCode()).isEqualTo(137);
        remove("first");
        remove("second");
        bed.awaitLeftovers(List.of());
    }

    @Test
    void theExitCodeOfARestoredContainerIsItsOwn() throws Exception {
        String first = bed.run("first");
        String container = bed.start(first, "main", "while [ ! -e /end ]; do sleep 0.05; done; echo over; exit 7");
        Path archive = directory.resolve("main.tar");
        bed.pods().containers().checkpoint(container, archive.toString(), Duration.ofSeconds(30));
        String second = bed.run("second");
        String restored = bed.pods().containers().create(second, restoring("main", archive), bed.sandbox("ignored"));
        bed.pods().containers().start(restored);
        exec(restored, "touch /end");
        Container ended = bed.awaitExit(restored);

        assertThat(ended.status().exitCode()).isEqualTo(7);
        assertThat(bed.log("second", "main")).contains("stdout F over");
        assertThat(bed.pods().containers().status(container).status().isRunning())
                .isTrue();
    }

    @Test
    void aRestoredContainerSurvivesTheDaemon() throws Exception {
        Path archive = checkpointOfCounter();
        String second = bed.run("second");
        String restored = bed.pods().containers().create(second, restoring("main", archive), bed.sandbox("ignored"));

        bed.restart();
        assertThat(phase(restored)).isEqualTo(ContainerPhase.CREATED);
        bed.pods().containers().start(restored);
        bed.restart();

        assertThat(phase(restored)).isEqualTo(ContainerPhase.RUNNING);
        assertThat(exec(restored, "echo here")).isEqualTo("here\n");
        bed.pods().containers().stop(restored, Duration.ZERO);
        assertThat(bed.pods().containers().status(restored).status().exitCode()).isEqualTo(137);
    }

    @Test
    void aContainerThatWaitsForItsRestoreCanBeStoppedAndRemoved() throws Exception {
        Path archive = checkpointOfCounter();
        String second = bed.run("second");
        String restored = bed.pods().containers().create(second, restoring("main", archive), bed.sandbox("ignored"));

        bed.pods().containers().stop(restored, Duration.ofSeconds(1));

        assertThat(phase(restored)).isEqualTo(ContainerPhase.EXITED);
        assertThatThrownBy(() -> bed.pods().containers().start(restored)).hasMessageContaining("EXITED");
        bed.pods().containers().remove(restored);
        remove("first");
        remove("second");
        bed.awaitLeftovers(List.of());
        assertThat(bed.root().resolve("restores")).isEmptyDirectory();
    }

    @Test
    void aPodIsWrittenAsOfOneMomentAndRestored() throws Exception {
        String pod = bed.run("first");
        String one = bed.start(pod, "main", COUNTER);
        String two = bed.start(pod, "side", "echo side >/side; while :; do sleep 0.1; done");
        PodBed.await(() -> count("first") > 3, "the counter");
        Path out = Files.createDirectory(directory.resolve("pod"));

        bed.pods().sandboxes().checkpoint(pod, out.toString(), List.of(one, two));

        assertThat(out.toFile().list()).containsExactlyInAnyOrder("main.tar", "side.tar", "pod.options", "pod.dump");
        int dumped = count("first");
        PodBed.await(() -> count("first") > dumped, "the pod to go on");
        RestoredPod restored = bed.pods()
                .sandboxes()
                .restore(
                        out.toString(),
                        bed.sandbox("second"),
                        "",
                        List.of(
                                bed.container("main", COUNTER),
                                bed.container("side", "echo side >/side; while :; do sleep 0.1; done")));
        assertThat(restored.containers()).containsOnlyKeys("main", "side");
        for (String id : restored.containers().values()) {
            assertThat(phase(id)).isEqualTo(ContainerPhase.CREATED);
            bed.pods().containers().start(id);
        }
        PodBed.await(() -> count("second") > 3, "the restored counter");
        assertThat(exec(restored.containers().getOrDefault("side", ""), "cat /side"))
                .isEqualTo("side\n");
        assertThat(bed.pods().sandboxes().status(restored.sandboxId()).isReady())
                .isTrue();
    }

    @Test
    void aPodThatDoesNotFitItsCheckpointIsNotMade() throws Exception {
        String pod = bed.run("first");
        String one = bed.start(pod, "main", COUNTER);
        Path out = Files.createDirectory(directory.resolve("pod"));
        bed.pods().sandboxes().checkpoint(pod, out.toString(), List.of(one));

        assertThatThrownBy(() -> bed.pods()
                        .sandboxes()
                        .restore(out.toString(), bed.sandbox("second"), "", List.of(bed.container("main", "other"))))
                .hasMessageContaining("the checkpoint does not fit: its args was");
        assertThatThrownBy(() -> bed.pods()
                        .sandboxes()
                        .restore(out.toString(), bed.sandbox("second"), "", List.of(bed.container("else", COUNTER))))
                .hasMessageContaining("the checkpoint has the containers [main], configs are given for [else]");
        assertThatThrownBy(() -> bed.pods().sandboxes().checkpoint(pod, out.toString(), List.of(one)))
                .hasMessageContaining("is not empty");
        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).hasSize(1);
        assertThat(bed.root().resolve("restores")).isEmptyDirectory();
    }

    @Test
    void aStopCutsACheckpointShort() throws Exception {
        String pod = bed.run("first");
        String container =
                bed.start(pod, "main", "dd if=/dev/urandom of=/dev/shm/x bs=1M count=60 2>/dev/null; sleep 1000");
        PodBed.await(() -> exists(container, "test $(stat -c %s /dev/shm/x) -eq 62914560"), "the data");
        Path archive = directory.resolve("main.tar");
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread checkpoint = Thread.ofVirtual().start(() -> {
            try {
                bed.pods().containers().checkpoint(container, archive.toString(), Duration.ZERO);
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        PodBed.await(() -> Files.isDirectory(bed.root().resolve("checkpoints").resolve(container)), "the checkpoint");

        bed.pods().containers().stop(container, Duration.ZERO);
        checkpoint.join();

        assertThat(phase(container)).isEqualTo(ContainerPhase.EXITED);
        assertThat(failure.get()).hasMessageContaining("the container was stopped meanwhile");
        assertThat(directory).isEmptyDirectory();
        assertThat(bed.root().resolve("checkpoints")).isEmptyDirectory();
    }

    @Test
    void aDeadlineLeavesTheContainerAsItWas() throws Exception {
        String pod = bed.run("first");
        String container = bed.start(pod, "main", COUNTER);
        PodBed.await(() -> count("first") > 3, "the counter");
        bed.runWith(new SlowVerb("checkpoint"));

        assertThatThrownBy(() -> bed.pods()
                        .containers()
                        .checkpoint(container, directory.resolve("main.tar").toString(), Duration.ofSeconds(2)))
                .hasMessageContaining("in time");

        int now = count("first");
        PodBed.await(() -> count("first") > now + 2, "the container to go on");
        assertThat(directory).isEmptyDirectory();
        assertThat(bed.root().resolve("checkpoints")).isEmptyDirectory();
    }

    @Test
    void aDaemonThatWasKilledLeavesNoFrozenContainer() throws Exception {
        String pod = bed.run("first");
        String container = bed.start(pod, "main", COUNTER);
        PodBed.await(() -> count("first") > 3, "the counter");
        // What kill -9 leaves at the worst moment.
        Path work = Files.createDirectory(bed.root().resolve("checkpoints").resolve(container));
        Path half = Files.createFile(directory.resolve(".main.tar.tmp"));
        Files.writeString(work.resolve(".target"), half.toString());
        pause(container);

        bed.restart();

        int now = count("first");
        PodBed.await(() -> count("first") > now + 2, "the container to go on");
        assertThat(directory).isEmptyDirectory();
        assertThat(bed.root().resolve("checkpoints")).isEmptyDirectory();
    }

    @Test
    void connectionsAreClosedInTheRestoredContainer() throws Exception {
        String pod = bed.run("first");
        String container = bed.start(
                pod, "main", "nc -l -p 7000 -e sleep 1000 & sleep 0.5; (sleep 1000 | nc 127.0.0.1 7000) & " + COUNTER);
        PodBed.await(() -> count("first") > 3, "the counter");
        PodBed.await(() -> exists(container, "netstat -tn | grep -q ESTABLISHED"), "the connection");
        Path archive = directory.resolve("main.tar");
        bed.pods().containers().checkpoint(container, archive.toString(), Duration.ZERO);

        assertThat(exists(container, "netstat -tn | grep -q ESTABLISHED")).isTrue();
        String second = bed.run("second");
        String restored = bed.pods().containers().create(second, restoring("main", archive), bed.sandbox("ignored"));
        bed.pods().containers().start(restored);
        PodBed.await(() -> count("second") > 3, "the restored counter");
    }

    @Test
    void anImageThatHoldsACheckpointIsRestored() throws Exception {
        Path archive = checkpointOfCounter();
        bed.importImage(
                "localhost/checkpoint:1", archive, "{\"io.kubernetes.cri-o.annotations.checkpoint.name\":\"main\"}");
        String second = bed.run("second");

        String restored = bed.pods()
                .containers()
                .create(second, restoring("main", Path.of("localhost/checkpoint:1")), bed.sandbox("ignored"));
        bed.pods().containers().start(restored);

        PodBed.await(() -> count("second") > 3, "the restored counter");
        assertThat(exec(restored, "cat /changed")).isEqualTo("kept\n");
        remove("first");
        remove("second");
        bed.awaitLeftovers(List.of());
    }

    @Test
    void whatCannotBeRestoredLeavesNothing() throws Exception {
        Path archive = checkpointOfCounter();
        String second = bed.run("second");
        Path cut = directory.resolve("cut.tar");
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(archive), 70_000));

        for (Path bad : List.of(cut, directory.resolve("missing.tar"), directory)) {
            assertThatThrownBy(() ->
                            bed.pods().containers().create(second, restoring("main", bad), bed.sandbox("ignored")))
                    .hasMessageContaining(bad.toString());
        }
        ContainerConfig mounted = restoring("main", archive)
                .withMounts(List.of(new ContainerMount(
                        "/data",
                        directory.toString(),
                        false,
                        false,
                        ContainerMount.Propagation.PRIVATE,
                        List.of(),
                        List.of(),
                        false,
                        null,
                        "",
                        List.of())));
        assertThatThrownBy(() -> bed.pods().containers().create(second, mounted, bed.sandbox("ignored")))
                .hasMessageContaining("it has no mount at /data, the container has");

        remove("first");
        remove("second");
        bed.awaitLeftovers(List.of());
        assertThat(bed.root().resolve("restores")).isEmptyDirectory();
    }

    @Test
    void aRestoreThatFailsEndsTheContainerWithCriusReason() throws Exception {
        Path archive = checkpointOfCounter();
        String second = bed.run("second");
        String restored = bed.pods().containers().create(second, restoring("main", archive), bed.sandbox("ignored"));
        Files.writeString(bed.root().resolve("restores/" + restored + "/checkpoint/pstree.img"), "damaged");

        assertThatThrownBy(() -> bed.pods().containers().start(restored)).hasMessageContaining("criu failed");

        Container ended = bed.awaitExit(restored);
        assertThat(ended.status().reason()).isEqualTo("StartError");
        assertThat(ended.status().exitCode()).isEqualTo(128);
        remove("first");
        remove("second");
        bed.awaitLeftovers(List.of());
    }

    private void pause(String container) throws Exception {
        Process runc = new ProcessBuilder(
                        "runc", "--root", bed.state().resolve("runtimes/runc").toString(), "pause", container)
                .start();
        assertThat(runc.waitFor()).isZero();
    }

    private boolean exists(String container, String test) {
        try {
            return bed.pods()
                            .containers()
                            .execSync(container, List.of("sh", "-c", test), Duration.ZERO)
                            .exitCode()
                    == 0;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Runs programs, but for one verb of the runtime that never ends. */
    private record SlowVerb(String verb) implements ProcessRunner {
        @Override
        public RunningProcess start(Command command) {
            return SpawnProcessRunner.shared()
                    .start(command.argv().contains(verb) ? Command.of("sleep", "1000") : command);
        }
    }

    private Path checkpointOfCounter() throws Exception {
        String first = bed.run("first");
        String container = bed.start(first, "main", COUNTER);
        PodBed.await(() -> count("first") > 1, "the counter");
        Path archive = directory.resolve("main.tar");
        bed.pods().containers().checkpoint(container, archive.toString(), Duration.ZERO);
        return archive;
    }

    private ContainerConfig restoring(String name, Path archive) {
        return bed.container(name, List.of(), LinuxResources.NONE, NamespaceMode.CONTAINER)
                .withImage(new ImageSpec(archive.toString(), Map.of(), archive.toString(), "", ""));
    }

    private ContainerPhase phase(String id) {
        return bed.pods().containers().status(id).status().phase();
    }

    private String exec(String id, String script) throws InterruptedException {
        ExecResult result = bed.pods().containers().execSync(id, List.of("sh", "-c", script), Duration.ZERO);
        return new String(result.stdout(), StandardCharsets.UTF_8)
                + new String(result.stderr(), StandardCharsets.UTF_8);
    }

    private void remove(String pod) throws InterruptedException {
        for (var sandbox : bed.pods().sandboxes().list(SandboxFilter.ALL)) {
            if (sandbox.config().metadata().name().equals(pod)) {
                bed.pods().sandboxes().stop(sandbox.id());
                bed.pods().sandboxes().remove(sandbox.id());
            }
        }
    }

    private int count(String pod) {
        return counts(pod).reduce((one, two) -> two).orElse(0);
    }

    private int firstCount(String pod) {
        return counts(pod).findFirst().orElse(0);
    }

    private Stream<Integer> counts(String pod) {
        try {
            return bed.log(pod, "main")
                    .lines()
                    .filter(line -> line.contains(" count "))
                    .map(line -> Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1)));
        } catch (IOException e) {
            return Stream.of();
        }
    }

    private static List<String> names(Path archive) throws Exception {
        Process tar = new ProcessBuilder("tar", "-tf", archive.toString()).start();
        return new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }
}

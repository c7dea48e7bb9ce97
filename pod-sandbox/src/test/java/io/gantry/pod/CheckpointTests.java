package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.runtime.ExecResult;
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
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoint and restore with real runc, conmon and criu. */
class CheckpointTests {
    private static final String COUNTER =
            "echo kept >/changed; rm /bin/vi; i=0; while :; do i=$((i+1)); echo count $i; sleep 0.1; done";

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
        assertThat(Files.getPosixFilePermissions(archive))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
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
        assertThat(Files.list(directory).toList()).containsExactly(archive);
        assertThat(bed.root().resolve("checkpoints")).isEmptyDirectory();

        String second = bed.run("second");
        String restored = bed.pods().containers().create(second, restoring("main", archive), bed.sandbox("ignored"));
        assertThat(phase(restored)).isEqualTo(ContainerPhase.CREATED);
        bed.pods().containers().start(restored);

        assertThat(phase(restored)).isEqualTo(ContainerPhase.RUNNING);
        PodBed.await(() -> count("second") > dumped, "the restored counter");
        assertThat(firstCount("second")).isGreaterThan(3);
        assertThat(exec(restored, "cat /changed; test -e /bin/vi || echo gone; hostname")).isEqualTo("kept\ngone\nsecond\n");
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
        assertThat(bed.pods().containers().status(container).status().isRunning()).isTrue();
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

    private Path checkpointOfCounter() throws Exception {
        String first = bed.run("first");
        String container = bed.start(first, "main", COUNTER);
        PodBed.await(() -> count("first") > 1, "the counter");
        Path archive = directory.resolve("main.tar");
        bed.pods().containers().checkpoint(container, archive.toString(), Duration.ZERO);
        return archive;
    }

    private ContainerConfig restoring(String name, Path archive) {
        return bed.container(name, List.of(), io.gantry.pod.config.LinuxResources.NONE, io.gantry.pod.config.NamespaceMode.CONTAINER)
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
        for (var sandbox : bed.pods().sandboxes().list(new io.gantry.pod.sandbox.SandboxFilter("", null, Map.of()))) {
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

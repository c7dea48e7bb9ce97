package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The kubelet's checkpoint API (feature gate ContainerCheckpoint, beta and on). */
abstract class CheckpointCases extends KubeletCases {
    @Test
    void checkpointThroughTheApi() throws Exception {
        assumeCriu();
        String name = runWithDirectory(Pods.shell(
                        "checkpointed",
                        "i=0; while :; do i=$((i+1)); echo $i >>" + Pods.STATE + "/count; sleep 0.1; done")
                .build());
        pods().awaitReady(name);

        String answer = node().api().post("/checkpoint/" + StaticPods.path(name) + "/main?timeout=60");

        List<String> lines = lines(name, "count");
        Await.until("the container to go on", () -> lines(name, "count"), now -> now.size() > lines.size() + 2);
        Path directory = node().kubelet().files().root().resolve("checkpoints");
        Path archive = only(directory);
        assertThat(answer).isEqualTo("{\"items\":[\"" + archive + "\"]}");
        assertThat(archive.getFileName().toString())
                .startsWith("checkpoint-" + StaticPods.fullName(name) + "_" + Pods.NAMESPACE + "-main-");
        assertThat(Files.getPosixFilePermissions(archive)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(Command.of("tar", "-tf", archive).run().lines())
                .contains("config.dump", "spec.dump", "checkpoint/inventory.img", "rootfs-diff.tar", "container.log");
        assertThat(Pods.main(pods().find(name).orElseThrow()).orElseThrow().getRestartCount())
                .isZero();
        Files.delete(archive);
    }

    @Test
    void aCheckpointOfWhatIsNotThere() {
        assertThatThrownBy(() -> node().api().post("/checkpoint/" + Pods.NAMESPACE + "/no-such-pod/main"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("status 404");
    }

    private static void assumeCriu() throws InterruptedException {
        try {
            assumeTrue(
                    Command.of("criu", "check").result().status() == 0,
                    "needs a criu that gets on with this kernel: ./dev test gets it");
        } catch (IOException e) {
            assumeTrue(false, "needs criu: ./dev test gets it");
        }
    }

    private static Path only(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }
}

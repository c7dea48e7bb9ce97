package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.Node;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Stores that a crash left in the middle of everything, and stores that lie on file systems of their own. */
class ImageCrashIT {
    private static final int MIB = 1 << 20;

    @BeforeAll
    static void onlyGantry() {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "looks into Gantry's own directories");
    }

    @Test
    void afterACrashThereAreTheLayersOfTheListedImagesAndNothingElse() throws Exception {
        try (PullBed bed = PullBed.start("orphan_grace = \"0s\"\nspool = true")) {
            FaultImage kept = FaultImage.of(1, MIB, MIB / 2);
            FaultImage cut = FaultImage.of(2, MIB, 2 * MIB, 20 * MIB);
            bed.pull(bed.serve("kept", kept));
            List<String> before = bed.completeLayers();
            assertThat(before).hasSize(2);
            // One layer is whole by then, one in its middle, one in its middle with a spool.
            bed.serve("cut", cut);
            bed.registry.blob("cut", cut.layers().get(1), answer -> answer.silentAfter(MIB));
            bed.registry.blob("cut", cut.layers().get(2), answer -> answer.silentAfter(17 * MIB));
            Process pull = bed.pullInBackground(PullBed.HOST + "cut:1");
            PullBed.await("no layer is whole", () -> bed.completeLayers().size() == 3);
            PullBed.await(
                    "not every layer is asked for",
                    () -> !bed.registry.requests(cut.layers().get(1)).isEmpty()
                            && !bed.registry.requests(cut.layers().get(2)).isEmpty());
            // And an archive that was coming in.
            Path root = bed.run.runtime().node().root();
            Process import_ = importForEver(bed);
            PullBed.await(
                    "no archive is coming in", () -> bed.files().stream().anyMatch(file -> file.contains("/.import-")));

            bed.run.runtime().kill();
            pull.waitFor();
            import_.destroyForcibly().waitFor();
            bed.registry.heal();
            bed.run.runtime().start();

            assertThat(bed.images()).containsExactly(kept.id());
            PullBed.await(
                    "more than the listed image's layers is there",
                    () -> bed.completeLayers().equals(before));
            bed.assertQuiet();
            PullBed.await(
                    "an archive is left",
                    () -> Command.of("ls", "-A", root).run().lines().noneMatch(name -> name.startsWith(".")));
            bed.pull(PullBed.HOST + "cut:1");
            assertThat(bed.images()).containsExactlyInAnyOrder(kept.id(), cut.id());
            assertThat(Command.of("sh", "-c", "ls -A " + root + "/spool 2>/dev/null || true")
                            .run())
                    .isEmpty();
        }
    }

    /** An import of a stream that has begun and does not end. */
    private static Process importForEver(PullBed bed) throws Exception {
        String line = new ImageCommand(bed.run.runtime()).line("import", "-");
        return Command.of("sh", "-c", "(head -c 1000000 /dev/zero; exec sleep 300) | exec " + line)
                .background(Path.of("/dev/null"));
    }

    @Test
    void eachFileSystemIsTold() throws Exception {
        try (CriRun run = CriRun.prepare()) {
            Node node = run.runtime().node();
            Path layers = Files.createDirectories(node.root().resolve("layers"));
            Command.of("mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", layers)
                    .run();
            run.runtime().start();
            Crictl crictl = run.crictl();
            crictl.run("pull", Crictl.BUSYBOX);
            ObjectNode pod = crictl.pod("split");
            String podId = crictl.runPod(pod);
            String id = crictl.runContainer(
                    podId, pod, crictl.container("c", Crictl.BUSYBOX, "sh", "-c", "exec sleep 300"));
            crictl.run("exec", "--sync", id, "sh", "-c", "head -c 3000000 /dev/zero >/data");

            JsonNode writable = JsonMapper.shared()
                    .readTree(crictl.run("stats", "-o", "json", id))
                    .at("/stats/0/writableLayer");
            assertThat(writable.at("/fsId/mountpoint").stringValue())
                    .isEqualTo(node.root().toString());
            JsonNode status = JsonMapper.shared()
                    .readTree(crictl.run("imagefsinfo", "-o", "json"))
                    .get("status");
            assertThat(status.at("/imageFilesystems/0/fsId/mountpoint").stringValue())
                    .isEqualTo(layers.toString());
            assertThat(status.at("/containerFilesystems/0/fsId/mountpoint").stringValue())
                    .isEqualTo(node.root().toString());
            assertThat(status.at("/imageFilesystems/0/usedBytes/value").asLong())
                    .isGreaterThan(100_000);
            // The container's figures were taken for its own statistics just now.
            assertThat(status.at("/containerFilesystems/0/usedBytes/value").asLong())
                    .isGreaterThanOrEqualTo(3_000_000);
            crictl.run("stop", "-t", "0", id);
            crictl.removePod(podId);
            crictl.run("rmi", Crictl.BUSYBOX);
        }
    }
}

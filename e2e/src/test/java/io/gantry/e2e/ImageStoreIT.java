package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is kept of images: sizes, damage and its repair, artifacts, and what goes when an image goes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageStoreIT {
    private static final int MIB = 1 << 20;
    private static final String NONEWPRIVS = "registry.k8s.io/e2e-test-images/nonewprivs:1.3";
    private static final String USER = "registry.k8s.io/k8s-staging-cri-tools/test-image-user-uid:latest";

    private PullBed bed;
    private ImageCommand image;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "looks into Gantry's own directories");
        bed = PullBed.start("");
        image = new ImageCommand(bed.run.runtime());
    }

    @AfterAll
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @AfterEach
    void empty() throws Exception {
        for (String id : bed.images()) {
            bed.crictl.run("rmi", id);
        }
        assertThat(bed.completeLayers()).isEmpty();
        bed.assertQuiet();
    }

    private JsonNode usage(String kind) throws Exception {
        return JsonMapper.shared()
                .readTree(bed.crictl.run("imagefsinfo", "-o", "json"))
                .at("/status/" + kind + "Filesystems/0");
    }

    private long used() throws Exception {
        return usage("image").at("/usedBytes/value").asLong();
    }

    @Test
    void aLayerThatImagesShareCountsOnce() throws Exception {
        assertThat(used()).isZero();
        FaultImage one = FaultImage.of(11, 4 * MIB);
        FaultImage two = FaultImage.of(11, 4 * MIB, 2 * MIB);
        bed.pull(bed.serve("sizes/one", one));
        assertThat(used()).isBetween(4L * MIB, 4L * MIB + 64 * 1024);
        bed.pull(bed.serve("sizes/two", two));
        assertThat(used()).isBetween(6L * MIB, 6L * MIB + 128 * 1024);
        assertThat(bed.registry.requests(one.layer())).hasSize(1);
        assertThat(du(bed.layers())).isBetween(used(), used() + 256 * 1024);

        bed.crictl.run("rmi", PullBed.HOST + "sizes/one:1");
        assertThat(used()).isBetween(6L * MIB, 6L * MIB + 128 * 1024);
        bed.crictl.run("rmi", PullBed.HOST + "sizes/two:1");
        assertThat(used()).isZero();
    }

    private static long du(Path directory) throws IOException, InterruptedException {
        return Long.parseLong(Command.of("du", "-s", "-B1", directory).run().split("\\s")[0]);
    }

    @Test
    void damageIsFoundAndRepaired() throws Exception {
        bed.crictl.run("pull", Crictl.BUSYBOX);
        // Sealed in the background by now, or by this.
        assertThat(image.of("verify").run().lines().toList().getLast()).matches("layers: 1 (good|sealed)");
        assertThat(image.of("verify").run()).isEqualTo("layers: 1 good");
        Path shell;
        try (Stream<Path> all = Files.walk(bed.layers())) {
            shell = all.filter(path -> path.endsWith("bin/busybox") && Files.isRegularFile(path))
                    .findFirst()
                    .orElseThrow();
        }
        FileTime time = Files.getLastModifiedTime(shell);
        try (RandomAccessFile file = new RandomAccessFile(shell.toFile(), "rw")) {
            file.seek(5000);
            int was = file.read();
            file.seek(5000);
            file.write(was ^ 1);
        }
        Files.setLastModifiedTime(shell, time);

        Result found = image.of("verify").result();
        assertThat(found.status()).isEqualTo(1);
        assertThat(found.output())
                .startsWith("damaged  sha256:")
                .contains("  " + Crictl.BUSYBOX)
                .endsWith("layers: 1 damaged\n");
        JsonNode line = JsonMapper.shared()
                .readTree(image.of("verify", "--json").result().output());
        assertThat(line.get("state").stringValue()).isEqualTo("DAMAGED");

        ObjectNode pod = bed.crictl.pod("uses");
        String podId = bed.crictl.runPod(pod);
        ObjectNode container = bed.crictl.container("c", Crictl.BUSYBOX, "true");
        String id = bed.crictl.run("create", podId, bed.crictl.file(container), bed.crictl.file(pod));
        Result used = image.of("verify", "--repair").result();
        assertThat(used.status()).isEqualTo(1);
        assertThat(used.output()).contains("containers or a pull use it: remove them and repair again");
        bed.crictl.run("rm", id);
        bed.crictl.removePod(podId);

        Result repaired = image.of("verify", "--repair").result();
        assertThat(repaired.status()).as(repaired.output()).isZero();
        assertThat(repaired.output()).startsWith("repaired  sha256:").endsWith("layers: 1 repaired\n");
        assertThat(image.of("verify").run().lines().toList().getLast()).matches("layers: 1 (good|sealed)");
        assertRuns("repaired", Crictl.BUSYBOX, "true");
    }

    private void assertRuns(String name, String reference, String... command) throws Exception {
        ObjectNode pod = bed.crictl.pod(name);
        String podId = bed.crictl.runPod(pod);
        String id = bed.crictl.runContainer(podId, pod, bed.crictl.container("c", reference, command));
        assertThat(bed.crictl.awaitExit(id).get("exitCode").intValue()).isZero();
        bed.crictl.removePod(podId);
    }

    @Test
    void anArtifactIsListedAndMountedButDoesNotRun() throws Exception {
        byte[] model = new byte[300_000];
        new Random(3).nextBytes(model);
        FaultImage artifact = FaultImage.artifact("application/vnd.example.model", "weights/model.bin", model);
        String reference = bed.serve("models/small", artifact);
        bed.pull(reference);
        String id = FaultImage.digest(artifact.manifest());
        assertThat(bed.images()).containsExactly(id);
        JsonNode status = JsonMapper.shared().readTree(bed.crictl.run("inspecti", reference));
        assertThat(status.at("/status/repoTags/0").stringValue()).isEqualTo(reference);
        assertThat(status.at("/status/repoDigests/0").stringValue()).isEqualTo(PullBed.HOST + "models/small@" + id);
        assertThat(status.at("/status/size").asLong()).isGreaterThan(300_000);

        bed.crictl.run("pull", Crictl.BUSYBOX);
        ObjectNode pod = bed.crictl.pod("artifact");
        String podId = bed.crictl.runPod(pod);
        ObjectNode container = bed.crictl.container(
                "c",
                Crictl.BUSYBOX,
                "sh",
                "-c",
                "test $(wc -c </model/weights/model.bin) = 300000 && test -f /flat/model.bin && ! touch /model/x");
        var mounts = container.putArray("mounts");
        mounts.addObject()
                .put("container_path", "/model")
                .put("readonly", true)
                .putObject("image")
                .put("image", reference);
        var flat = mounts.addObject()
                .put("container_path", "/flat")
                .put("readonly", true)
                .put("image_sub_path", "weights");
        flat.putObject("image").put("image", reference);
        String running = bed.crictl.runContainer(podId, pod, container);
        // Its files stay as long as a container has them.
        bed.crictl.run("rmi", reference);
        assertThat(bed.crictl.awaitExit(running).get("exitCode").intValue()).isZero();
        bed.crictl.run("rm", running);

        bed.pull(reference);
        String refused = bed.crictl.refused(
                "create", podId, bed.crictl.file(bed.crictl.container("no", reference, "true")), bed.crictl.file(pod));
        assertThat(refused).contains("is an artifact of type application/vnd.example.model, not an image that can run");
        bed.crictl.removePod(podId);
    }

    @Test
    void removalNeverTakesWhatAPullOrAContainerNeeds() throws Exception {
        List<String> names = List.of(Crictl.BUSYBOX, NONEWPRIVS, USER);
        ObjectNode pod = bed.crictl.pod("stress");
        String podId = bed.crictl.runPod(pod);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger ran = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Random random = new Random(t);
            String thread = "t" + t;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int round = 0; round < 12; round++) {
                        String name = names.get(random.nextInt(names.size()));
                        if (random.nextInt(3) == 0) {
                            Result removed = bed.crictl.attempt("rmi", name);
                            assertThat(removed.status() == 0 || removed.error().contains("no such image"))
                                    .as(removed.error())
                                    .isTrue();
                        } else {
                            use(name, podId, pod, thread + "-" + round, ran);
                        }
                    }
                } catch (Exception | AssertionError e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(ran.get()).isPositive();
        assertThat(bed.crictl.ids("ps", "-a", "-q")).isEmpty();
        bed.crictl.removePod(podId);
        try (Stream<Path> left = Files.list(bed.run.runtime().node().root().resolve("snapshots"))) {
            assertThat(left.filter(path -> !path.getFileName().toString().startsWith(".")))
                    .isEmpty();
        }
    }

    /** Pulls an image and makes a container of it, which another thread may just have removed the image of. */
    private void use(String name, String podId, ObjectNode pod, String container, AtomicInteger ran) throws Exception {
        Result pull = bed.crictl.attempt("pull", name);
        assertThat(pull.status()).as(pull.error()).isZero();
        Result create = bed.crictl.attempt(
                "create",
                podId,
                bed.crictl.file(bed.crictl.container(
                        container, name, "/bin/sh", "-c", "cat /etc/passwd /bin/busybox >/dev/null")),
                bed.crictl.file(pod));
        if (create.status() != 0) {
            assertThat(create.error()).contains("is not on this node");
            return;
        }
        String id = create.output().strip();
        bed.crictl.run("start", id);
        assertThat(bed.crictl.awaitExit(id).get("exitCode").intValue()).as(name).isZero();
        bed.crictl.run("rm", id);
        ran.incrementAndGet();
    }
}

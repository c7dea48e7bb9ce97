package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.RegistryDouble;
import io.gantry.e2e.process.Command;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Containers and pods are written to archives over the CRI, and go on from them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CheckpointIT {
    private static final String CHANGES = "echo kept >/changed; rm /bin/ls; ";

    private CheckpointBed bed;

    @BeforeAll
    void start() throws Exception {
        bed = CheckpointBed.start();
    }

    @AfterAll
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        bed.removeAll();
    }

    @Test
    void aContainerGoesOnAndSoDoesItsCopyFromTheArchive() throws Exception {
        Path data = bed.directory("data");
        String pod = bed.pod("first");
        String container = bed.count(pod, "first", withMount(bed.counter("main", CHANGES), data));
        UserDefinedFileAttributeView attributes = attributes(container, "changed");
        attributes.write("comment", ByteBuffer.wrap(new byte[] {1, 0, 2}));
        Path directory = bed.directory("container");
        Path archive = directory.resolve("main.tar");

        bed.checkpoint(container, archive);

        int dumped = bed.last(container);
        bed.assertCounts(container);
        assertThat(CheckpointBed.entries(directory)).containsExactly("main.tar");
        assertThat(Files.getPosixFilePermissions(archive)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertArchive(archive, container);

        String second = bed.pod("second");
        String restored =
                bed.create(second, "second", withMount(bed.restoring("main", archive), bed.directory("other")));
        assertThat(bed.state(restored)).isEqualTo("CONTAINER_CREATED");
        assertThat(bed.counts(restored)).isEmpty();
        bed.crictl.run("start", restored);

        bed.awaitCount(restored, 4);
        bed.assertCounts(restored);
        assertThat(bed.counts(restored).getFirst()).isBetween(4, dumped + 1);
        assertThat(bed.in(restored, "cat /changed; test -e /bin/ls || echo gone; hostname"))
                .isEqualTo("kept\ngone\nsecond");
        ByteBuffer comment = ByteBuffer.allocate(3);
        attributes(restored, "changed").read("comment", comment);
        assertThat(comment.array()).containsExactly(1, 0, 2);
        bed.assertCounts(container);
        bed.assertNoneUnderWay();
        assertThat(archive).exists();
        bed.crictl.run("stop", "--timeout", "0", restored);
        assertThat(bed.crictl.inspect(restored).get("exitCode").intValue()).isEqualTo(137);
    }

    /** What the kubelet's users and checkpointctl look for. */
    private void assertArchive(Path archive, String container) throws Exception {
        assertThat(CheckpointBed.names(archive))
                .contains(
                        "checkpoint/",
                        "checkpoint/inventory.img",
                        "checkpoint/pages-1.img",
                        "checkpoint/pstree.img",
                        "rootfs-diff.tar",
                        "deleted.files",
                        "bind.mounts",
                        "dump.log",
                        "stats-dump",
                        "container.log")
                .startsWith("config.dump", "spec.dump");
        Path unpacked = CheckpointBed.unpack(archive, bed.directory("unpacked"));
        JsonNode config = CheckpointBed.json(unpacked.resolve("config.dump"));
        JsonNode status = bed.crictl.inspect(container);
        assertThat(config.get("id").stringValue()).isEqualTo(container);
        assertThat(config.get("name").stringValue()).isEqualTo("main");
        assertThat(config.get("rootfsImageName").stringValue()).contains("e2e-test-images/busybox");
        assertThat(config.get("rootfsImageRef").stringValue()).matches("[0-9a-f]{64}");
        assertThat(config.get("runtime").stringValue()).isEqualTo("runc");
        assertThat(config.get("createdTime").stringValue())
                .startsWith(status.get("createdAt").stringValue().substring(0, 19));
        assertThat(config.get("restored").booleanValue()).isFalse();
        JsonNode spec = CheckpointBed.json(unpacked.resolve("spec.dump"));
        assertThat(spec.at("/process/args/0").stringValue()).isEqualTo("sh");
        assertThat(spec.get("ociVersion").stringValue()).isNotEmpty();
        assertThat(CheckpointBed.names(unpacked.resolve("rootfs-diff.tar")))
                .contains("changed")
                .noneMatch(name -> name.startsWith("data/") && name.length() > "data/".length());
        assertThat(Files.readString(unpacked.resolve("deleted.files"))).isEqualTo("[\"/bin/ls\"]");
        JsonNode binds = CheckpointBed.json(unpacked.resolve("bind.mounts"));
        assertThat(binds.valueStream().map(bind -> bind.get("destination").stringValue()))
                .contains("/data");
        assertThat(Files.readString(unpacked.resolve("container.log"))).contains("stdout F count-1\n");
        assertThat(Command.of("sh", "-c", "head -c 4 " + unpacked.resolve("checkpoint/pstree.img") + " | od -An -tx1")
                        .run()
                        .strip())
                .as("magic number of criu's images")
                .isEqualTo("19 43 56 54");
    }

    private ObjectNode withMount(ObjectNode container, Path source) {
        container.putArray("mounts").addObject().put("container_path", "/data").put("host_path", source.toString());
        return container;
    }

    private UserDefinedFileAttributeView attributes(String container, String file) throws Exception {
        String pid = bed.crictl.run("inspect", "-o", "go-template", "--template", "{{.info.pid}}", container);
        return Objects.requireNonNull(
                Files.getFileAttributeView(Path.of("/proc", pid, "root", file), UserDefinedFileAttributeView.class));
    }

    @Test
    void aContainerGoesOnFromAnImageThatHoldsItsCheckpoint() throws Exception {
        String pod = bed.pod("imaged");
        String container = bed.count(pod, "imaged", bed.counter("main", CHANGES));
        Path archive = bed.directory("image").resolve("main.tar");
        bed.checkpoint(container, archive);
        int dumped = bed.last(container);
        String image = "checkpoints.example.test/counter:1";
        try (RegistryDouble registry = RegistryDouble.start()) {
            registry.put(
                    "counter",
                    FaultImage.ofLayer(
                            Files.readAllBytes(archive),
                            Map.of("io.kubernetes.cri-o.annotations.checkpoint.name", "main")));
            bed.run.runtime().node().writeMirror("checkpoints.example.test", registry.address());
            bed.crictl.run("pull", image);
        }

        String second = bed.pod("from-image");
        String restored = bed.create(second, "from-image", bed.restoring("main", image));
        bed.crictl.run("start", restored);

        bed.awaitCount(restored, 4);
        bed.assertCounts(restored);
        assertThat(bed.counts(restored).getFirst()).isBetween(4, dumped + 1);
        assertThat(bed.in(restored, "cat /changed")).isEqualTo("kept");
        bed.crictl.run("rmi", image);
    }

    @Test
    void aPodGoesOnAndSoDoesItsCopy() throws Exception {
        ObjectNode side = bed.counter("side", "echo side >/side; ");
        String pod = bed.pod("pod");
        String main = bed.count(pod, "pod", bed.counter("main", CHANGES));
        String other = bed.count(pod, "pod", side);
        Path directory = bed.directory("pod");

        bed.cri.run("CheckpointPod", CheckpointBed.podRequest(pod, directory, List.of(main, other)));

        bed.assertCounts(main);
        bed.assertCounts(other);
        assertThat(CheckpointBed.entries(directory)).containsExactly("main.tar", "pod.dump", "pod.options", "side.tar");
        JsonNode options = CheckpointBed.json(directory.resolve("pod.options"));
        assertThat(options.get("containers").toString()).isEqualTo("{\"main\":\"main\",\"side\":\"side\"}");

        JsonNode restored = bed.cri.run(
                "RestorePod", bed.restoreRequest(directory, "copy", List.of(bed.counter("main", CHANGES), side)));

        String copy = restored.get("pod_sandbox_id").stringValue();
        assertThat(copy).isNotEqualTo(pod);
        assertThat(bed.crictl.inspectPod(copy).get("state").stringValue()).isEqualTo("SANDBOX_READY");
        assertThat(restored.get("restored_containers")
                        .valueStream()
                        .map(each -> each.get("name").stringValue()))
                .containsExactly("main", "side");
        for (JsonNode each : restored.get("restored_containers")) {
            String id = each.get("container_id").stringValue();
            assertThat(bed.state(id)).isEqualTo("CONTAINER_CREATED");
            bed.crictl.run("start", id);
            bed.awaitCount(id, 4);
            bed.assertCounts(id);
            assertThat(bed.counts(id).getFirst()).isGreaterThan(3);
            String file = each.get("name").stringValue().equals("main") ? "/changed" : "/side";
            assertThat(bed.in(id, "cat " + file + "; hostname"))
                    .isEqualTo((file.equals("/side") ? "side" : "kept") + "\ncopy");
        }
        bed.assertCounts(main);
    }

    @Test
    void anArchiveReplacesTheOneBeforeIt() throws Exception {
        String pod = bed.pod("twice");
        String container = bed.count(pod, "twice", bed.counter("main", ""));
        Path archive = bed.directory("twice").resolve("main.tar");
        Files.write(archive, "not an archive".getBytes(StandardCharsets.UTF_8));
        Files.setPosixFilePermissions(archive, PosixFilePermissions.fromString("rw-rw-rw-"));

        bed.checkpoint(container, archive);
        bed.checkpoint(container, archive);

        assertThat(CheckpointBed.names(archive)).startsWith("config.dump");
        assertThat(Files.getPosixFilePermissions(archive)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        bed.assertCounts(container);
    }
}

package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.reference.Digest;
import io.gantry.image.testing.Compressed;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ImportTests {
    private static final byte[] LAYER = new TarBuilder().file("a", "imported").build();

    private ServiceFixture fixture;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
        fixture = new ServiceFixture();
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    private static TestImage image() {
        return TestImage.oci().gzipLayer(LAYER).build();
    }

    /** An OCI layout; the index has one entry per annotation. */
    private static TarBuilder oci(TestImage image, String... annotations) {
        TarBuilder tar = new TarBuilder()
                .file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}")
                .directory("blobs/sha256");
        for (Map<Digest, byte[]> part : List.of(image.blobs(), image.manifests())) {
            part.forEach((digest, bytes) -> tar.file("blobs/sha256/" + digest.hex(), bytes));
        }
        StringBuilder entries = new StringBuilder();
        for (String annotation : annotations) {
            String descriptor = TestImage.json(image.top());
            entries.append(entries.isEmpty() ? "" : ",")
                    .append(descriptor, 0, descriptor.length() - 1)
                    .append(",\"annotations\":{")
                    .append(annotation)
                    .append("}}");
        }
        return tar.file("index.json", "{\"schemaVersion\":2,\"manifests\":[" + entries + "]}");
    }

    private Path write(String name, byte[] content) throws java.io.IOException {
        return Files.write(fixture.directories.root().resolve(name), content);
    }

    private void assertRuns(Image image) throws InterruptedException {
        Path target = fixture.mountPoint("imported");
        fixture.service.prepareRootfs("imported", image.id(), target, RootfsOptions.WRITABLE);
        assertThat(target.resolve("a")).hasContent("imported");
        fixture.service.removeRootfs("imported", target);
    }

    @Test
    void anOciArchivePlainOrCompressed() throws Exception {
        TestImage image = image();
        byte[] tar = oci(
                        image,
                        "\"io.containerd.image.name\":\"docker.io/library/a:1\",\"org.opencontainers.image.ref.name\":\"1\"",
                        "\"org.opencontainers.image.ref.name\":\"r.io/b:2\"")
                .build();
        for (byte[] archive : List.of(tar, Compressed.gzip(tar), Compressed.zstd(tar))) {
            List<Image> imported = fixture.service.importArchive(write("a.tar", archive), null);

            assertThat(imported).hasSize(1);
            assertThat(imported.getFirst().id()).isEqualTo(image.id());
            assertThat(imported.getFirst().repoTags()).containsExactly("docker.io/library/a:1", "r.io/b:2");
            assertThat(imported.getFirst().repoDigests())
                    .containsExactly(
                            "docker.io/library/a@" + image.top().digest(),
                            "r.io/b@" + image.top().digest());
            assertRuns(imported.getFirst());
            fixture.service.remove(image.id());
        }
        assertThat(fixture.names(".")).containsExactlyInAnyOrder("images", "layers", "snapshots");
    }

    @Test
    void anOciLayoutDirectoryAndAGivenName() throws Exception {
        TestImage image = image();
        Path archive = write(
                "a.tar",
                oci(image, "\"org.opencontainers.image.ref.name\":\"latest\"").build());
        Path layout = fixture.directories.dir("layout");
        assertThat(new ProcessBuilder("tar", "-C", layout.toString(), "-xf", archive.toString())
                        .start()
                        .waitFor())
                .isZero();

        assertThatThrownBy(() -> fixture.service.importArchive(layout, null))
                .hasMessageEndingWith("it does not name its image; give a name");
        assertThat(fixture.service.importArchive(layout, "demo").getFirst().repoTags())
                .containsExactly("docker.io/library/demo:latest");
    }

    @Test
    void whatDockerSaved() throws Exception {
        TestImage image = TestImage.docker().plainLayer(LAYER).plainLayer(LAYER).build();
        byte[] config = java.util.Objects.requireNonNull(image.blobs().get(Digest.parse(image.id())));
        byte[] tar = new TarBuilder()
                .file("abc/layer.tar", LAYER)
                .symlink("def/layer.tar", "../abc/layer.tar")
                .file("config.json", config)
                .file(
                        "manifest.json",
                        "[{\"Config\":\"config.json\",\"RepoTags\":[\"demo:1\",\"demo:2\"],"
                                + "\"Layers\":[\"abc/layer.tar\",\"def/layer.tar\"]}]")
                .build();

        Image imported =
                fixture.service.importArchive(write("a.tar", tar), null).getFirst();

        assertThat(imported.id()).isEqualTo(image.id());
        assertThat(imported.repoTags()).containsExactly("docker.io/library/demo:1", "docker.io/library/demo:2");
        assertThat(imported.repoDigests()).isEmpty();
        assertRuns(imported);
    }

    @Test
    void whatSkopeoWrote() throws Exception {
        String skopeo = Privileges.assumeProgram("skopeo");
        TestImage image = image();
        Path source = write(
                "a.tar",
                oci(image, "\"org.opencontainers.image.ref.name\":\"one\"").build());
        for (String form : List.of("oci-archive", "docker-archive")) {
            Path target = fixture.directories.root().resolve(form + ".tar");
            Process copy = new ProcessBuilder(
                            skopeo, "copy", "oci-archive:" + source + ":one", form + ":" + target + ":r.io/demo:1")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(copy.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(copy.waitFor()).as(output).isZero();

            Image imported = fixture.service.importArchive(target, null).getFirst();
            assertThat(imported.repoTags()).containsExactly("r.io/demo:1");
            assertRuns(imported);
            fixture.service.remove("r.io/demo:1");
        }
    }

    @Test
    void archivesThatAreWrongAreNamedAndLeaveNothing() throws Exception {
        TestImage image = image();
        String name = "\"io.containerd.image.name\":\"r.io/a:1\"";
        byte[] good = oci(image, name).build();
        TestImage withoutLayer = image();
        withoutLayer.blobs().remove(withoutLayer.layers().getFirst().digest());
        TestImage damaged = image();
        byte[] blob = damaged.blobs().get(damaged.layers().getFirst().digest());
        java.util.Objects.requireNonNull(blob)[30] ^= 1;
        Map<String, byte[]> corpus = Map.of(
                "neither index.json nor manifest.json",
                        new TarBuilder().file("x", "x").build(),
                "not a tar header", "no archive at all".repeat(100).getBytes(StandardCharsets.UTF_8),
                "the archive has no file blobs/sha256/", oci(withoutLayer, name).build(),
                "has the digest", oci(damaged, name).build(),
                "tar stream is cut off", java.util.Arrays.copyOf(good, 700),
                "gzip stream ends too early", java.util.Arrays.copyOf(Compressed.gzip(good), 100),
                "manifest.json is wrong",
                        new TarBuilder().file("manifest.json", "[").build(),
                "without Config or Layers",
                        new TarBuilder().file("manifest.json", "[{}]").build());
        for (Map.Entry<String, byte[]> wrong : corpus.entrySet()) {
            Path archive = write("wrong.tar", wrong.getValue());
            assertThatThrownBy(() -> fixture.service.importArchive(archive, null))
                    .isInstanceOf(GantryException.class)
                    .hasMessageContaining(wrong.getKey());
            assertThat(fixture.names("layers")).isEmpty();
            assertThat(fixture.service.list(null)).isEmpty();
            assertThat(fixture.names(".")).containsExactlyInAnyOrder("images", "layers", "snapshots");
        }
        assertThatThrownBy(() -> fixture.service.importArchive(Path.of("/no/such/file"), null))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
    }
}

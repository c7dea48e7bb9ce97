package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.MediaTypes;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ArtifactTests {
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

    /** Files by title; an empty title for none. */
    private static TestImage artifact(Map<String, String> files) {
        TestImage image = TestImage.oci().build();
        image.blobs().clear();
        byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
        image.blobs().put(Digest.ofSha256(config), config);
        StringBuilder layers = new StringBuilder();
        files.forEach((title, content) -> {
            byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
            Digest digest = Digest.ofSha256(bytes);
            image.blobs().put(digest, bytes);
            String json = TestImage.json(Descriptor.of("application/vnd.example.model", digest, bytes.length));
            layers.append(layers.isEmpty() ? "" : ",").append(json, 0, json.length() - 1);
            layers.append(
                    title.isEmpty() ? "}" : ",\"annotations\":{\"org.opencontainers.image.title\":\"" + title + "\"}}");
        });
        return image.editManifest(_ -> "{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST
                + "\",\"artifactType\":\"application/vnd.example.models\",\"config\":{\"mediaType\":\""
                + MediaTypes.OCI_EMPTY + "\",\"digest\":\"" + Digest.ofSha256(config) + "\",\"size\":2},\"layers\":["
                + layers + "],\"annotations\":{\"note\":\"an artifact\"}}");
    }

    @Test
    void pulledListedMountedAndRemoved() throws Exception {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("model/weights.bin", "weights");
        files.put("README", "read me");
        files.put("", "without a title");
        TestImage artifact = artifact(files);
        fixture.registry.put("r.io/model:1", artifact);
        fixture.registry.put(
                "r.io/app:1",
                TestImage.oci()
                        .gzipLayer(new TarBuilder().file("app", "app").build())
                        .build());
        fixture.service.pull(PullRequest.of("r.io/app:1"));

        Image pulled = fixture.service.pull(PullRequest.of("r.io/model:1")).image();
        assertThat(pulled.id()).isEqualTo(artifact.top().digest().toString());
        assertThat(pulled.repoTags()).containsExactly("r.io/model:1");
        assertThat(pulled.repoDigests())
                .containsExactly("r.io/model@" + artifact.top().digest());
        assertThat(pulled.annotations()).containsEntry("note", "an artifact");
        assertThat(pulled.size()).isPositive();

        fixture.restart();
        assertThat(fixture.service.list("r.io/model:1")).hasSize(1);
        Path root = fixture.mountPoint("c");
        fixture.service.prepareRootfs("c", "r.io/app:1", root, RootfsOptions.WRITABLE);
        Path volume = fixture.service.mountImage("c", "r.io/model:1", fixture.mountPoint("v"), null);
        assertThat(volume.resolve("model/weights.bin")).hasContent("weights");
        assertThat(volume.resolve("README")).hasContent("read me");
        String untitled = Digest.ofSha256("without a title".getBytes(StandardCharsets.UTF_8))
                .hex();
        assertThat(volume.resolve(untitled)).hasContent("without a title");
        assertThatThrownBy(() -> Files.writeString(volume.resolve("new"), "x")).hasMessageContaining("Read-only");
        fixture.service.removeRootfs("c", root);

        assertThat(fixture.service.verify(false, _ -> {})).allMatch(verdict -> verdict.isUsable());
        fixture.service.remove("r.io/model:1");
        assertThat(fixture.names("layers").stream().filter(name -> !name.startsWith(".")))
                .hasSize(1);
    }

    @Test
    void anArtifactIsNoImageToRunOrExport() throws Exception {
        fixture.registry.put("r.io/model:1", artifact(Map.of("a", "a")));
        fixture.service.pull(PullRequest.of("r.io/model:1"));

        assertThatThrownBy(() -> fixture.service.prepareRootfs(
                        "c", "r.io/model:1", fixture.mountPoint("c"), RootfsOptions.WRITABLE))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessage(
                        "prepare root file system c: r.io/model:1 is an artifact of type"
                                + " application/vnd.example.models, not an image that can run; use it as the image of a volume");
        assertThatThrownBy(() -> fixture.service.exportArchive(
                        List.of("r.io/model:1"), ArchiveFormat.OCI, OutputStream.nullOutputStream()))
                .hasMessageContaining("is an artifact");
        assertThat(fixture.names("snapshots")).isEmpty();
    }

    @Test
    void anArtifactWithoutFilesIsAnEmptyVolume() throws Exception {
        fixture.registry.put("r.io/empty:1", artifact(Map.of()));
        fixture.registry.put(
                "r.io/app:1",
                TestImage.oci()
                        .gzipLayer(new TarBuilder().file("app", "app").build())
                        .build());
        fixture.service.pull(PullRequest.of("r.io/app:1"));
        fixture.service.pull(PullRequest.of("r.io/empty:1"));
        Path root = fixture.mountPoint("c");
        fixture.service.prepareRootfs("c", "r.io/app:1", root, RootfsOptions.WRITABLE);
        Path volume = fixture.service.mountImage("c", "r.io/empty:1", fixture.mountPoint("v"), null);
        assertThat(volume).isEmptyDirectory();
        fixture.service.removeRootfs("c", root);
    }

    @Test
    void titlesThatLeaveTheVolumeAreRefused() {
        for (String title : List.of("../x", "/etc/passwd", "a/../../b", "a//b", ".", "..", "a/", "n".repeat(256))) {
            fixture.registry.put("r.io/bad:1", artifact(Map.of(title, "x")));
            assertThatThrownBy(() -> fixture.service.pull(PullRequest.of("r.io/bad:1")))
                    .as(title)
                    .isInstanceOfSatisfying(
                            GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
                    .hasMessageContaining("a title that is no path below the volume's root");
        }
        for (String second : List.of("a/b", "a")) {
            Map<String, String> clash = new LinkedHashMap<>();
            clash.put("a", "1");
            clash.put(second.equals("a") ? "a/b/c" : second, "2");
            fixture.registry.put("r.io/bad:1", artifact(clash));
            assertThatThrownBy(() -> fixture.service.pull(PullRequest.of("r.io/bad:1")))
                    .hasMessageContaining("two of its files have the same title, or one lies in another");
        }
        assertThat(fixture.service.list(null)).isEmpty();
        assertThat(fixture.names("layers")).isEmpty();
    }
}

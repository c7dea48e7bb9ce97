package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.docker.FakeDockerEngine;
import io.gantry.image.reference.Digest;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class DockerLoadTests {
    private static final byte[] LAYER =
            new TarBuilder().file("a", "from docker").build();

    private ServiceFixture fixture;
    private Path socket;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
        fixture = new ServiceFixture();
        socket = fixture.directories.root().resolve("docker.sock");
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    /** What the engine sends for one image. */
    private static byte[] saved(String tag) {
        TestImage image = TestImage.docker().plainLayer(LAYER).label(tag).build();
        byte[] config = Objects.requireNonNull(image.blobs().get(Digest.parse(image.id())));
        return new TarBuilder()
                .file("layer.tar", LAYER)
                .file("config.json", config)
                .file(
                        "manifest.json",
                        "[{\"Config\":\"config.json\",\"RepoTags\":[\"" + tag + "\"],\"Layers\":[\"layer.tar\"]}]")
                .build();
    }

    private static byte[] answer(String target) {
        if (target.equals("/images/json")) {
            return FakeDockerEngine.json(
                    200, "[{\"RepoTags\":[\"b:1\",\"a:1\"]},{\"RepoTags\":null},{\"RepoTags\":[\"<none>:<none>\"]}]");
        }
        String name = target.substring(target.indexOf('=') + 1).replace("%3A", ":");
        return name.equals("none")
                ? FakeDockerEngine.json(404, "{\"message\":\"No such image: none\"}")
                : FakeDockerEngine.chunked(saved(name));
    }

    @Test
    void namedImagesAndAll() throws Exception {
        try (FakeDockerEngine engine = new FakeDockerEngine(socket, DockerLoadTests::answer)) {
            assertThat(fixture.service.loadFromDocker(socket, List.of("a:1")))
                    .extracting(Image::repoTags)
                    .containsExactly(List.of("docker.io/library/a:1"));
            assertThat(fixture.service.loadFromDocker(socket, List.of()))
                    .extracting(image -> image.repoTags().getFirst())
                    .containsExactly("docker.io/library/a:1", "docker.io/library/b:1");
            assertThat(engine.targets())
                    .containsExactly(
                            "/images/get?names=a%3A1",
                            "/images/json", "/images/get?names=a%3A1", "/images/get?names=b%3A1");
        }
        Path target = fixture.mountPoint("m");
        fixture.service.prepareRootfs("m", "a:1", target, RootfsOptions.WRITABLE);
        assertThat(target.resolve("a")).hasContent("from docker");
        fixture.service.removeRootfs("m", target);
    }

    @Test
    void whatTheEngineCannotDoIsSaid() throws Exception {
        assertThatThrownBy(() -> fixture.service.loadFromDocker(socket, List.of("a")))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("there is no such socket; start the engine");
        byte[] whole = FakeDockerEngine.chunked(saved("a:1"));
        Map<String, byte[]> corpus = new LinkedHashMap<>();
        corpus.put("the engine answered 404: No such image: none", answer("/images/get?names=none"));
        corpus.put("the engine answered 500: boom", FakeDockerEngine.json(500, "boom"));
        corpus.put("the answer is not HTTP", "SSH-2.0\r\n".getBytes(StandardCharsets.US_ASCII));
        corpus.put("closed before the answer was complete", new byte[0]);
        corpus.put("the answer was cut off", Arrays.copyOf(whole, 1500));
        corpus.put("closed before the answer was complete #end", Arrays.copyOf(whole, whole.length - 6));
        corpus.put(
                "a chunk without a size",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n".getBytes(StandardCharsets.US_ASCII));
        corpus.put(
                "bytes are missing",
                "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nxyz".getBytes(StandardCharsets.US_ASCII));
        corpus.put(
                "the head of the answer is too long",
                ("HTTP/1.1 200 OK\r\nX: " + "x".repeat(70_000)).getBytes(StandardCharsets.US_ASCII));
        for (Map.Entry<String, byte[]> wrong : corpus.entrySet()) {
            try (FakeDockerEngine _ = new FakeDockerEngine(socket, _ -> wrong.getValue())) {
                assertThatThrownBy(() -> fixture.service.loadFromDocker(socket, List.of("a")))
                        .as(wrong.getKey())
                        .isInstanceOf(GantryException.class)
                        .hasMessageContaining(wrong.getKey().replaceAll(" #.*", ""));
            }
            assertThat(fixture.service.list(null)).isEmpty();
            assertThat(fixture.names("layers")).isEmpty();
            assertThat(fixture.names(".")).noneMatch(name -> name.startsWith(".import"));
        }
    }

    @Test
    void noSuchImageIsNotFound() throws Exception {
        try (FakeDockerEngine _ = new FakeDockerEngine(socket, DockerLoadTests::answer)) {
            assertThatThrownBy(() -> fixture.service.loadFromDocker(socket, List.of("none")))
                    .isInstanceOfSatisfying(
                            GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
        }
    }
}

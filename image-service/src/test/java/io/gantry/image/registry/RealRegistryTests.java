package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.ImageConfigFile;
import io.gantry.image.spec.ImageManifest;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reference implementation of a registry, filled by skopeo: what others wrote must be read. */
@Timeout(180)
class RealRegistryTests {
    /** Compressed, or skopeo would do it. */
    private static final byte[] LAYER = gzip(RegistryFixture.bytes(2_000_000));

    private static byte[] gzip(byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream compressed = new GZIPOutputStream(out)) {
            compressed.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    @TempDir
    Path directory;

    private @Nullable Process registry;
    private int port;

    @BeforeAll
    static void needsPrograms() {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/docker-registry")),
                "docker-registry is missing: install the package docker-registry");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is missing: install the package skopeo");
    }

    @BeforeEach
    void freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = socket.getLocalPort();
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        Process running = registry;
        if (running != null) {
            running.destroyForcibly().waitFor();
        }
    }

    private void start(String tls) throws IOException, InterruptedException {
        Path config = Files.writeString(
                directory.resolve("config.yml"), """
                version: 0.1
                storage:
                  filesystem:
                    rootdirectory: %s
                http:
                  addr: 127.0.0.1:%d
                  secret: test
                %s
                """.formatted(directory.resolve("store"), port, tls));
        Process started = new ProcessBuilder("/usr/bin/docker-registry", "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("registry.log").toFile())
                .start();
        registry = started;
        while (true) {
            try (Socket _ = new Socket("127.0.0.1", port)) {
                return;
            } catch (IOException _) {
                assertThat(started.isAlive())
                        .as(() -> "docker-registry: " + log())
                        .isTrue();
                Thread.sleep(50);
            }
        }
    }

    private String log() {
        try {
            return Files.readString(directory.resolve("registry.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void push(String format) throws IOException, InterruptedException {
        Path layout = ociLayout();
        Process skopeo = new ProcessBuilder(
                        "/usr/bin/skopeo",
                        "--insecure-policy",
                        "copy",
                        "--format",
                        format,
                        "--dest-tls-verify=false",
                        "oci:" + layout + ":1",
                        "docker://127.0.0.1:" + port + "/team/app:1")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("skopeo.log").toFile())
                .start();
        assertThat(skopeo.waitFor())
                .as(Files.readString(directory.resolve("skopeo.log")))
                .isZero();
    }

    private Path ociLayout() throws IOException {
        Path layout = Files.createDirectories(directory.resolve("layout"));
        Path blobs = Files.createDirectories(layout.resolve("blobs/sha256"));
        Digest layer = blob(blobs, LAYER);
        byte[] config = ("{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Cmd\":[\"/x\"]},"
                        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" + layer + "\"]}}")
                .getBytes(StandardCharsets.UTF_8);
        byte[] manifest = ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST + "\",\"config\":"
                        + descriptor(MediaTypes.OCI_CONFIG, blob(blobs, config), config.length, "") + ",\"layers\":["
                        + descriptor(MediaTypes.OCI_LAYER_GZIP, layer, LAYER.length, "") + "]}")
                .getBytes(StandardCharsets.UTF_8);
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        Files.writeString(
                layout.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":["
                        + descriptor(
                                MediaTypes.OCI_MANIFEST,
                                blob(blobs, manifest),
                                manifest.length,
                                ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"1\"}")
                        + "]}");
        return layout;
    }

    private static Digest blob(Path blobs, byte[] content) throws IOException {
        Digest digest = Digest.ofSha256(content);
        Files.write(blobs.resolve(digest.hex()), content);
        return digest;
    }

    private static String descriptor(String type, Digest digest, int size, String more) {
        return "{\"mediaType\":\"" + type + "\",\"digest\":\"" + digest + "\",\"size\":" + size + more + "}";
    }

    private RegistryClient client() {
        return new RegistryClient(RegistryHosts.in(directory.resolve("certs.d")), RegistryFixture.config());
    }

    private void pull(ImageReference image) throws IOException, InterruptedException {
        RegistryClient client = client();
        ResolvedManifest resolved = client.resolve(image, null);
        ImageManifest manifest = ImageManifest.parse(resolved.bytes(), "it");
        ImageConfigFile config = ImageConfigFile.parse(client.fetchSmall(image, manifest.config(), null), "it");
        assertThat(config.config().cmd()).containsExactly("/x");
        Descriptor layer = manifest.layers().getFirst();
        assertThat(layer.digest()).isEqualTo(Digest.ofSha256(LAYER));
        assertThat(RegistryFixture.readAll(client.openBlob(image, layer, 0, null)))
                .isEqualTo(LAYER);
        assertThat(RegistryFixture.readAll(client.openBlob(image, layer, 1_999_990, null)))
                .isEqualTo(Arrays.copyOfRange(LAYER, 1_999_990, LAYER.length));
        ImageReference pinned = image.withDigest(resolved.descriptor().digest());
        assertThat(client.resolve(pinned, null).bytes()).isEqualTo(resolved.bytes());
        Descriptor whole = resolved.descriptor();
        assertThat(client.fetchSmall(image, whole, null)).isEqualTo(resolved.bytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci", "v2s2"})
    void pullsOverHttp(String format) throws Exception {
        start("");
        push(format);
        ImageReference image = ImageReference.parse("127.0.0.1:" + port + "/team/app:1");
        String type = client().resolve(image, null).descriptor().mediaType();
        assertThat(type).isEqualTo(format.equals("oci") ? MediaTypes.OCI_MANIFEST : MediaTypes.DOCKER_MANIFEST);
        pull(image);
    }

    @Test
    void pullsOverHttpsAndThroughAMirrorConfiguration() throws Exception {
        TestCertificates own = TestCertificates.create(directory, "server");
        start("  tls:\n    certificate: " + own.certificate() + "\n    key: " + own.key());
        push("oci");
        Path folder = Files.createDirectories(directory.resolve("certs.d/registry.test"));
        Files.writeString(
                folder.resolve("hosts.toml"),
                "[host.\"https://127.0.0.1:" + port + "\"]\nca = \"" + own.certificate() + "\"\n");
        pull(ImageReference.parse("registry.test/team/app:1"));
        pull(ImageReference.parse("127.0.0.1:" + port + "/team/app:1"));
    }

    @Test
    void whatIsNotThereIsNotFound() throws Exception {
        start("");
        push("oci");
        for (String name : List.of("/team/app:2", "/nobody/has:1", "/team/app@" + Digest.ofSha256(new byte[1]))) {
            ImageReference image = ImageReference.parse("127.0.0.1:" + port + name);
            GantryException error = catchThrowableOfType(GantryException.class, () -> client().resolve(image, null));
            assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND);
            assertThat(error).hasMessageContaining("UNKNOWN");
        }
    }
}

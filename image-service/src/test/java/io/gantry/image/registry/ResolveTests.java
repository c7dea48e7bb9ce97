package io.gantry.image.registry;

import static io.gantry.image.registry.RegistryFixture.IMAGE;
import static io.gantry.image.registry.RegistryFixture.MANIFEST;
import static io.gantry.image.registry.RegistryFixture.MANIFEST_DIGEST;
import static io.gantry.image.registry.RegistryFixture.sendManifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ResolveTests {
    @TempDir
    Path directory;

    private RegistryFixture fixture;

    @BeforeEach
    void prepare() {
        fixture = new RegistryFixture(directory);
    }

    private GantryException failure() {
        return catchThrowableOfType(
                GantryException.class, () -> fixture.client().resolve(IMAGE, null));
    }

    private static FaultyServer status(int status) throws IOException {
        return FaultyServer.plain((_, out) -> out.send(status, Map.of(), new byte[0]));
    }

    private static String deadUrl() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return "http://127.0.0.1:" + socket.getLocalPort();
        }
    }

    @Test
    void resolvesByTag() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> sendManifest(out))) {
            ResolvedManifest manifest = fixture.servers(server).client().resolve(IMAGE, null);
            assertThat(manifest.bytes()).isEqualTo(MANIFEST);
            assertThat(manifest.descriptor())
                    .isEqualTo(Descriptor.of(MediaTypes.OCI_MANIFEST, MANIFEST_DIGEST, MANIFEST.length));
            assertThat(manifest.servedBy()).hasToString(server.url() + "/v2");
            FaultyServer.Request request = server.requests().getFirst();
            assertThat(request.path()).isEqualTo("/v2/team/app/manifests/1?ns=registry.test");
            assertThat(request.header("Accept"))
                    .contains(MediaTypes.OCI_INDEX, MediaTypes.DOCKER_INDEX, MediaTypes.DOCKER_MANIFEST);
            assertThat(request.header("User-Agent")).isEqualTo("gantry-test");
        }
    }

    @Test
    void aLoopbackRegistryNeedsNoTls() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> sendManifest(out))) {
            ImageReference image = ImageReference.parse(server.authority() + "/team/app:1");
            RegistryClient client = fixture.client();
            assertThat(client.resolve(image, null).servedBy()).hasToString(server.url() + "/v2");
            assertThat(client.resolve(image, null).bytes()).isEqualTo(MANIFEST);
            assertThat(server.requests().getFirst().path()).isEqualTo("/v2/team/app/manifests/1");
        }
    }

    @Test
    void aLoopbackRegistrysWordCountsHoweverOftenItIsAsked() throws Exception {
        try (FaultyServer server = status(404)) {
            ImageReference image = ImageReference.parse(server.authority() + "/team/app:1");
            RegistryClient client = fixture.client();
            for (int i = 0; i < 3; i++) {
                GantryException error = catchThrowableOfType(GantryException.class, () -> client.resolve(image, null));
                assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND);
            }
            assertThat(server.requests()).hasSize(3);
        }
    }

    @Test
    void aLoopbackRegistryThatIsDownIsNamedTwice() throws Exception {
        ImageReference image = ImageReference.parse(deadUrl().substring("http://".length()) + "/app:1");
        GantryException error = catchThrowableOfType(
                GantryException.class, () -> fixture.client().resolve(image, null));
        assertThat(error.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(error)
                .hasMessageStartingWith("RegistryUnavailable: pull image " + image)
                .hasMessageContaining("https://" + image.registry() + ": connection refused")
                .hasMessageContaining("http://" + image.registry() + ": connection refused");
    }

    @Test
    void everyEndpointStandsInTheError() throws Exception {
        String dead = deadUrl();
        try (FaultyServer missing = status(404);
                FaultyServer broken = status(502)) {
            fixture.hosts(
                    "server = \"" + broken.url() + "\"\n[host.\"" + dead + "\"]\n[host.\"" + missing.url() + "\"]\n");
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(error)
                    .hasMessageStartingWith("pull image registry.test/team/app:1: all 3 endpoints failed: " + dead
                            + ": connection refused; " + missing.url() + ": not found (HTTP 404); " + broken.url()
                            + ": the server has an error (HTTP 502); ");
            assertThat(missing.requests()).hasSize(1);
            assertThat(broken.requests()).hasSize(4);
        }
    }

    @Test
    void aNameThatNobodyHasIsNotFoundWithTheRegistrysWords() throws Exception {
        byte[] body = "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"unknown\\u001b tag\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        try (FaultyServer server = FaultyServer.plain((_, out) -> out.send(404, Map.of(), body))) {
            fixture.servers(server);
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND);
            assertThat(error)
                    .hasMessage("pull image registry.test/team/app:1: " + server.url()
                            + ": not found (HTTP 404, MANIFEST_UNKNOWN: unknown? tag);"
                            + " check the name and the tag of the image");
        }
    }

    @Test
    void theRegistrysOwnWordCounts() throws Exception {
        try (FaultyServer mirror = status(500);
                FaultyServer upstream = status(404)) {
            fixture.servers(mirror, upstream);
            assertThat(failure().kind()).isEqualTo(ErrorKind.NOT_FOUND);
        }
        try (FaultyServer mirror = status(404);
                FaultyServer upstream = status(403)) {
            fixture.servers(mirror, upstream);
            assertThat(failure().kind()).isEqualTo(ErrorKind.PERMISSION_DENIED);
        }
    }

    @Test
    void wrongContentByDigestIsTakenFromTheNextMirror() throws Exception {
        try (FaultyServer liar =
                        FaultyServer.plain((_, out) -> out.send(200, Map.of(), "{}".getBytes(StandardCharsets.UTF_8)));
                FaultyServer upstream = FaultyServer.plain((_, out) -> sendManifest(out))) {
            fixture.servers(liar, upstream);
            ImageReference byDigest = IMAGE.withDigest(MANIFEST_DIGEST);
            assertThat(fixture.client().resolve(byDigest, null).bytes()).isEqualTo(MANIFEST);
            assertThat(upstream.requests().getFirst().path()).contains("/manifests/" + MANIFEST_DIGEST);
            fixture.servers(liar);
            GantryException error = catchThrowableOfType(
                    GantryException.class, () -> fixture.client().resolve(byDigest, null));
            assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            assertThat(error)
                    .hasMessageContaining("served wrong content with digest "
                            + Digest.ofSha256("{}".getBytes(StandardCharsets.UTF_8)));
        }
    }

    @Test
    void whatIsNoManifestIsRefused() throws Exception {
        byte[] page = "<html>log in</html>".getBytes(StandardCharsets.UTF_8);
        try (FaultyServer server =
                FaultyServer.plain((_, out) -> out.send(200, Map.of("Content-Type", "text/html"), page))) {
            fixture.servers(server);
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            assertThat(error).hasMessageContaining("it served no manifest but text/html: it is not valid JSON");
        }
        try (FaultyServer server =
                FaultyServer.plain((_, out) -> out.send(200, Map.of("Content-Type", MediaTypes.OCI_INDEX), MANIFEST))) {
            fixture.servers(server);
            assertThat(failure()).hasMessageContaining("the manifest itself says " + MediaTypes.OCI_MANIFEST);
        }
        try (FaultyServer server = FaultyServer.plain((_, out) -> out.send(
                200, Map.of("Docker-Content-Digest", Digest.ofSha256(page).toString()), MANIFEST))) {
            fixture.servers(server);
            assertThat(failure()).hasMessageContaining("it announced digest");
        }
    }

    @Test
    void schemaOneIsRefused() throws Exception {
        byte[] schema1 = "{\"schemaVersion\":1,\"fsLayers\":[]}".getBytes(StandardCharsets.UTF_8);
        try (FaultyServer server = FaultyServer.plain((_, out) -> out.send(200, Map.of(), schema1))) {
            fixture.servers(server);
            assertThat(failure().kind()).isEqualTo(ErrorKind.UNIMPLEMENTED);
        }
    }

    @Test
    void hugeAndTruncatedManifestsAreRefused() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            out.head(200, Map.of("Connection", "close"));
            byte[] block = new byte[1 << 20];
            while (true) {
                out.write(block);
            }
        })) {
            fixture.servers(server);
            assertThat(failure()).hasMessageContaining("it sent more than the 4194304 bytes expected");
        }
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            out.head(200, Map.of("Content-Length", "1000"));
            out.write(MANIFEST, 0, 100);
            out.drop();
        })) {
            fixture.servers(server);
            assertThat(failure()).hasMessageContaining("it closed the connection in the middle of the body");
        }
    }

    @Test
    void waitsAsLongAsTheServerAsks() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        AtomicLong first = new AtomicLong();
        AtomicLong second = new AtomicLong();
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            if (calls.incrementAndGet() == 1) {
                first.set(System.nanoTime());
                out.send(429, Map.of("Retry-After", "1"), new byte[0]);
            } else {
                second.set(System.nanoTime());
                sendManifest(out);
            }
        })) {
            RegistryClientConfig base = RegistryFixture.config();
            RegistryClientConfig patient = new RegistryClientConfig(
                    base.dialTimeout(),
                    base.progressTimeout(),
                    4,
                    Duration.ofMillis(1),
                    Duration.ofSeconds(5),
                    Map.of(),
                    "x");
            assertThat(fixture.servers(server)
                            .client(patient)
                            .resolve(IMAGE, null)
                            .bytes())
                    .isEqualTo(MANIFEST);
            assertThat(second.get() - first.get()).isGreaterThanOrEqualTo(990_000_000L);
        }
    }

    @Test
    void retriesWhatMayPassAndOnlyThat() throws Exception {
        for (int status : new int[] {408, 429, 500, 502, 503, 504}) {
            AtomicInteger calls = new AtomicInteger();
            try (FaultyServer server = FaultyServer.plain((_, out) -> {
                if (calls.incrementAndGet() < 3) {
                    out.send(status, Map.of(), new byte[0]);
                } else {
                    sendManifest(out);
                }
            })) {
                assertThat(fixture.servers(server).client().resolve(IMAGE, null).bytes())
                        .isEqualTo(MANIFEST);
            }
        }
        for (int status : new int[] {400, 403, 404, 405, 410}) {
            try (FaultyServer server = status(status)) {
                fixture.servers(server);
                assertThat(failure()).hasMessageContaining("HTTP " + status);
                assertThat(server.requests()).hasSize(1);
            }
        }
    }

    @Test
    void redirectsToOtherHostsCarryNoSecrets() throws Exception {
        try (FaultyServer elsewhere = FaultyServer.plain((_, out) -> sendManifest(out));
                FaultyServer server = FaultyServer.plain((request, out) -> {
                    if (request.header("Authorization").isEmpty()) {
                        out.send(401, Map.of("WWW-Authenticate", "Basic realm=\"x\""), new byte[0]);
                    } else if (request.path().contains("hop")) {
                        out.send(307, Map.of("Location", elsewhere.url() + "/signed?x=1"), new byte[0]);
                    } else {
                        out.send(302, Map.of("Location", "/hop"), new byte[0]);
                    }
                })) {
            fixture.hosts("server = \"" + server.url() + "\"\n[header]\nX-Secret = \"s\"\n");
            assertThat(fixture.client()
                            .resolve(IMAGE, RegistryCredentials.ofPassword("u", "p"))
                            .bytes())
                    .isEqualTo(MANIFEST);
            assertThat(server.requests()).hasSize(3);
            assertThat(server.requests().getLast().header("Authorization")).startsWith("Basic ");
            assertThat(server.requests().getLast().header("X-Secret")).isEqualTo("s");
            FaultyServer.Request leaked = elsewhere.requests().getFirst();
            assertThat(leaked.path()).isEqualTo("/signed?x=1");
            assertThat(leaked.headers()).doesNotContainKeys("authorization", "x-secret");
        }
    }

    @Test
    void redirectsEndSomewhere() throws Exception {
        try (FaultyServer server =
                FaultyServer.plain((_, out) -> out.send(302, Map.of("Location", "/v2/again"), new byte[0]))) {
            fixture.servers(server);
            assertThat(failure()).hasMessageContaining("it redirected more than 10 times");
            assertThat(server.requests()).hasSize(11);
        }
        for (String location : new String[] {"file:///etc/passwd", "jar:http://x!/", "http://u:p@x/", "", "::"}) {
            try (FaultyServer server =
                    FaultyServer.plain((_, out) -> out.send(302, Map.of("Location", location), new byte[0]))) {
                fixture.servers(server);
                assertThat(failure()).hasMessageContaining("it redirected to something that is no http or https URL");
            }
        }
    }

    @Test
    void endpointsWithoutTheCapabilityAreLeftOut() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> sendManifest(out))) {
            fixture.hosts("server = \"" + server.url() + "\"\ncapabilities = [\"push\"]\n");
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
            assertThat(error).hasMessageContaining("no endpoint of registry.test may be asked");
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void fetchesConfigsAndManifestsByDigest() throws Exception {
        byte[] config = "{\"os\":\"linux\"}".getBytes(StandardCharsets.UTF_8);
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
            if (request.path().contains("/blobs/")) {
                out.send(200, Map.of(), config);
            } else {
                sendManifest(out);
            }
        })) {
            RegistryClient client = fixture.servers(server).client();
            Descriptor good = Descriptor.of(MediaTypes.OCI_CONFIG, Digest.ofSha256(config), config.length);
            assertThat(client.fetchSmall(IMAGE, good, null)).isEqualTo(config);
            assertThat(client.fetchSmall(
                            IMAGE, Descriptor.of(MediaTypes.OCI_MANIFEST, MANIFEST_DIGEST, MANIFEST.length), null))
                    .isEqualTo(MANIFEST);
            Descriptor longer = Descriptor.of(MediaTypes.OCI_CONFIG, good.digest(), config.length + 1);
            Descriptor shorter = Descriptor.of(MediaTypes.OCI_CONFIG, good.digest(), config.length - 1);
            Descriptor huge = Descriptor.of(MediaTypes.OCI_CONFIG, good.digest(), 9 << 20);
            assertThat(catchThrowableOfType(GantryException.class, () -> client.fetchSmall(IMAGE, longer, null)))
                    .hasMessageContaining("it served 14 bytes of the 15");
            assertThat(catchThrowableOfType(GantryException.class, () -> client.fetchSmall(IMAGE, shorter, null)))
                    .hasMessageContaining("it sent more than the 13 bytes");
            assertThat(catchThrowableOfType(GantryException.class, () -> client.fetchSmall(IMAGE, huge, null)))
                    .hasMessageContaining("more than the 8388608 that are read");
        }
    }

    @Test
    void aServerThatDoesNotAnswerIsGivenUp() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            for (int i = 0; i < 100; i++) {
                out.write((i == 0 ? "HTTP/1.1 200 " : "x").getBytes(StandardCharsets.US_ASCII));
                Thread.sleep(50);
            }
        })) {
            RegistryClientConfig config = new RegistryClientConfig(
                    Duration.ofMillis(200),
                    Duration.ofMillis(300),
                    1,
                    Duration.ofMillis(1),
                    Duration.ofMillis(1),
                    Map.of(),
                    "x");
            GantryException error = catchThrowableOfType(
                    GantryException.class,
                    () -> fixture.servers(server).client(config).resolve(IMAGE, null));
            assertThat(error).hasMessageContaining("no byte came for 0.3 s");
        }
    }

    @Test
    void interruptingTheCallerClosesTheConnection() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            asked.countDown();
            out.awaitClientGone();
            gone.countDown();
        })) {
            fixture.servers(server);
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    fixture.client().resolve(IMAGE, null);
                    outcome.complete(null);
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });
            asked.await();
            caller.interrupt();
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
            assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }
}

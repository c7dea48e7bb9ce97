package io.gantry.image.registry;

import static io.gantry.image.registry.RegistryFixture.BLOB;
import static io.gantry.image.registry.RegistryFixture.IMAGE;
import static io.gantry.image.registry.RegistryFixture.LAYER;
import static io.gantry.image.registry.RegistryFixture.MANIFEST;
import static io.gantry.image.registry.RegistryFixture.readAll;
import static io.gantry.image.registry.RegistryFixture.sendManifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class TlsTests {
    @TempDir
    static Path certificates;

    private static TestCertificates own;
    private static TestCertificates client;

    @TempDir
    Path directory;

    private RegistryFixture fixture;

    @BeforeAll
    static void makeCertificates() throws Exception {
        own = TestCertificates.create(certificates, "server");
        client = TestCertificates.create(certificates, "client");
    }

    @BeforeEach
    void prepare() {
        fixture = new RegistryFixture(directory);
    }

    private static FaultyServer server(TestCertificates... clients) throws Exception {
        return FaultyServer.tls(own.serverSockets(clients), (request, out) -> {
            if (request.path().contains("/manifests/")) {
                sendManifest(out);
            } else {
                RegistryFixture.sendBlob(request, out);
            }
        });
    }

    private GantryException failure() {
        return catchThrowableOfType(
                GantryException.class, () -> fixture.client().resolve(IMAGE, null));
    }

    @Test
    void anUnknownAuthorityIsRefusedWithTheRemedy() throws Exception {
        try (FaultyServer server = server()) {
            fixture.servers(server);
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(error)
                    .hasMessageContaining(server.url() + ": TLS failed: ")
                    .hasMessageContaining("name its authority as ca in hosts.toml");
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void configuredAuthoritiesAreTrusted() throws Exception {
        try (FaultyServer server = server()) {
            fixture.hosts("server = \"" + server.url() + "\"\nca = \"" + own.certificate() + "\"\n");
            RegistryClient registry = fixture.client();
            assertThat(registry.resolve(IMAGE, null).bytes()).isEqualTo(MANIFEST);
            assertThat(readAll(registry.openBlob(IMAGE, LAYER, 0, null))).isEqualTo(BLOB);
        }
    }

    @Test
    void verificationCanBeTurnedOffForOneHost() throws Exception {
        try (FaultyServer server = server()) {
            fixture.hosts("server = \"" + server.url() + "\"\nskip_verify = true\n");
            assertThat(fixture.client().resolve(IMAGE, null).bytes()).isEqualTo(MANIFEST);
        }
    }

    @Test
    void aLoopbackRegistryMayHaveAnyCertificate() throws Exception {
        try (FaultyServer server = server()) {
            ImageReference image = ImageReference.parse(server.authority() + "/team/app:1");
            ResolvedManifest manifest = fixture.client().resolve(image, null);
            assertThat(manifest.servedBy()).hasToString(server.url() + "/v2");
        }
    }

    @Test
    void dockersCertificateFilesWork() throws Exception {
        try (FaultyServer server = server(client)) {
            ImageReference image = ImageReference.parse(server.authority() + "/team/app:1");
            Path folder = Files.createDirectories(directory.resolve(server.authority()));
            Files.copy(own.certificate(), folder.resolve("ca.crt"));
            Files.copy(client.certificate(), folder.resolve("client.cert"));
            Files.copy(client.key(), folder.resolve("client.key"));
            assertThat(fixture.client().resolve(image, null).bytes()).isEqualTo(MANIFEST);
        }
    }

    @Test
    void clientCertificatesAreShown() throws Exception {
        try (FaultyServer server = server(client)) {
            String base = "server = \"" + server.url() + "\"\nca = \"" + own.certificate() + "\"\n";
            fixture.hosts(base + "client = [[\"" + client.certificate() + "\", \"" + client.key() + "\"]]\n");
            assertThat(fixture.client().resolve(IMAGE, null).bytes()).isEqualTo(MANIFEST);
            fixture.hosts(base);
            assertThat(failure().kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        }
    }

    @Test
    void changedFilesCountAtOnce() throws Exception {
        try (FaultyServer server = server()) {
            Path ca = directory.resolve("ca.pem");
            Files.copy(client.certificate(), ca);
            fixture.hosts("server = \"" + server.url() + "\"\nca = \"" + ca + "\"\n");
            RegistryClient registry = fixture.client();
            assertThat(catchThrowableOfType(GantryException.class, () -> registry.resolve(IMAGE, null)))
                    .hasMessageContaining("TLS failed");
            Files.writeString(ca, Files.readString(own.certificate()));
            assertThat(registry.resolve(IMAGE, null).bytes()).isEqualTo(MANIFEST);
        }
    }

    @Test
    void aPlainServerIsToldApart() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> sendManifest(out))) {
            fixture.hosts("server = \"https://" + server.authority() + "\"\n");
            assertThat(failure()).hasMessageContaining("it does not speak TLS; write http:// in hosts.toml");
        }
    }

    @Test
    void aHandshakeThatTimesOutLeavesNoSocket() throws Exception {
        List<Socket> accepted = new CopyOnWriteArrayList<>();
        try (ServerSocket mute = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        accepted.add(mute.accept());
                    }
                } catch (IOException _) {
                    // closed
                }
            });
            fixture.hosts("server = \"https://127.0.0.1:" + mute.getLocalPort() + "\"\n");
            RegistryClientConfig config = new RegistryClientConfig(
                    Duration.ofMillis(200),
                    Duration.ofMillis(300),
                    2,
                    Duration.ofMillis(1),
                    Duration.ofMillis(1),
                    Map.of(),
                    "x");
            assertThat(catchThrowableOfType(
                            GantryException.class, () -> fixture.client(config).resolve(IMAGE, null)))
                    .hasMessageContaining("no byte came for 0.3 s");
            assertThat(accepted).isNotEmpty();
            for (Socket socket : accepted) {
                try (socket) {
                    socket.setSoTimeout(10_000);
                    // The greeting, then the end.
                    assertThat(socket.getInputStream().readAllBytes()).isNotEmpty();
                }
            }
        }
    }

    @Test
    void passwordsAreNotSentToPlainTokenServersOfSecureRegistries() throws Exception {
        try (FaultyServer tokens = FaultyServer.plain((_, out) -> out.send(200, Map.of(), new byte[0]));
                FaultyServer server = FaultyServer.tls(
                        own.serverSockets(),
                        (_, out) -> out.send(
                                401,
                                Map.of("WWW-Authenticate", "Bearer realm=\"" + tokens.url() + "\""),
                                new byte[0]))) {
            fixture.hosts("server = \"" + server.url() + "\"\nskip_verify = true\n");
            GantryException error = catchThrowableOfType(
                    GantryException.class,
                    () -> fixture.client().resolve(IMAGE, RegistryCredentials.ofPassword("u", "p")));
            assertThat(error).hasMessageContaining("its token server uses plain HTTP");
            assertThat(tokens.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----, has a certificate that cannot be read",
        "nothing, has no certificate",
        "-----BEGIN CERTIFICATE-----A!-----END CERTIFICATE-----, a block of it is not base64",
    })
    void badCertificateFilesAreNamed(String content, String problem) throws Exception {
        Path ca = Files.writeString(directory.resolve("ca.pem"), content);
        fixture.hosts("server = \"https://127.0.0.1:1\"\nca = \"" + ca + "\"\n");
        GantryException error = failure();
        assertThat(error.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
        assertThat(error).hasMessageContaining(ca.toString()).hasMessageContaining(problem);
    }

    @Test
    void missingAndKeylessFilesAreNamed() throws Exception {
        fixture.hosts("server = \"https://127.0.0.1:1\"\nca = \"gone.pem\"\n");
        assertThat(failure()).hasMessageContaining("gone.pem: cannot read it");
        fixture.hosts("server = \"https://127.0.0.1:1\"\nclient = \"" + client.certificate() + "\"\n");
        assertThat(failure()).hasMessageContaining(client.certificate() + ": it has no private key");
        Path encrypted = Files.writeString(
                directory.resolve("e.pem"),
                Files.readString(client.certificate())
                        + "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        fixture.hosts("server = \"https://127.0.0.1:1\"\nclient = \"" + encrypted + "\"\n");
        assertThat(failure()).hasMessageContaining("its private key is encrypted");
    }

    @Test
    void tlsGoesThroughAProxyThatSeesNoSecrets() throws Exception {
        CountDownLatch tunnels = new CountDownLatch(1);
        try (FaultyServer server = FaultyServer.tls(own.serverSockets(), (request, out) -> {
                    if (request.header("Authorization").isEmpty()) {
                        out.send(401, Map.of("WWW-Authenticate", "Basic realm=\"r\""), new byte[0]);
                    } else {
                        sendManifest(out);
                    }
                });
                FaultyServer proxy = FaultyServer.plain((request, out) -> {
                    if (request.header("Proxy-Authorization").isEmpty()) {
                        out.send(407, Map.of("Proxy-Authenticate", "Basic realm=\"p\""), new byte[0]);
                    } else if (request.method().equals("CONNECT")) {
                        tunnels.countDown();
                        int port = Integer.parseInt(server.authority().replaceAll(".*:", ""));
                        out.head(200, Map.of());
                        tunnel(out.socket(), port);
                    } else {
                        out.send(400, Map.of(), new byte[0]);
                    }
                })) {
            fixture.hosts("server = \"https://registry.invalid\"\nskip_verify = true\n");
            RegistryClientConfig base = RegistryFixture.config();
            RegistryClientConfig proxied = new RegistryClientConfig(
                    base.dialTimeout(),
                    base.progressTimeout(),
                    1,
                    base.firstBackoff(),
                    base.maxBackoff(),
                    Map.of("https_proxy", "http://pu:pp@" + proxy.authority()),
                    "x");
            ResolvedManifest manifest =
                    fixture.client(proxied).resolve(IMAGE, RegistryCredentials.ofPassword("u", "p"));
            assertThat(manifest.bytes()).isEqualTo(MANIFEST);
            assertThat(tunnels.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(proxy.requests()).allSatisfy(connect -> {
                assertThat(connect.path()).isEqualTo("registry.invalid:443");
                assertThat(connect.header("Authorization")).isEmpty();
            });
            assertThat(proxy.requests().getLast().header("Proxy-Authorization")).isEqualTo("Basic cHU6cHA=");
            assertThat(server.requests())
                    .allSatisfy(request -> assertThat(request.headers()).doesNotContainKey("proxy-authorization"));
            assertThat(server.requests().getLast().header("Authorization")).isEqualTo("Basic dTpw");
        }
    }

    private static void tunnel(Socket client, int port) throws IOException {
        try (Socket target = new Socket("127.0.0.1", port)) {
            Thread back = Thread.ofVirtual().start(() -> copy(target, client));
            copy(client, target);
            back.interrupt();
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        } catch (IOException _) {
            // One end is gone, so the tunnel is over.
        }
    }
}

package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.Certificates;
import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.RegistryDouble;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Registries with authorities of their own, client certificates and none at all, under a real daemon. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PullTlsIT {
    private static final int MIB = 1 << 20;
    private static final String REMEDY =
            "; check that this node reaches the registry (names, proxy, firewall), or name a mirror in hosts.toml";

    @TempDir
    private static Path directory;

    private final AtomicInteger seeds = new AtomicInteger(5000);
    private Certificates certificates;
    private PullBed bed;
    private RegistryDouble secure;
    private RegistryDouble needingClient;
    private List<String> imagesBefore;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "states Gantry's own words; other runtimes have others");
        bed = PullBed.start("progress_timeout = \"2s\"");
        certificates = Certificates.create(directory);
        secure = RegistryDouble.startTls(certificates.server(), false);
        needingClient = RegistryDouble.startTls(certificates.server(), true);
    }

    @AfterAll
    void close() throws Exception {
        if (needingClient == null) {
            return;
        }
        try (PullBed _ = bed;
                RegistryDouble _ = secure;
                RegistryDouble _ = needingClient) {
            for (RegistryDouble registry : List.of(bed.registry, secure, needingClient)) {
                bed.assertNoConnectionsTo(registry);
            }
        }
    }

    @BeforeEach
    void remember() throws Exception {
        imagesBefore = bed.images();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        bed.assertQuiet();
    }

    private FaultImage serve(RegistryDouble registry, String repository) {
        FaultImage image = FaultImage.of(seeds.incrementAndGet(), MIB);
        registry.put(repository, image);
        return image;
    }

    private static String server(RegistryDouble registry) {
        return "server = \"https://" + registry.address() + "\"\n";
    }

    private String authority() {
        return "ca = \"" + certificates.authority() + "\"\n";
    }

    private String client() {
        return "client = [[\"" + certificates.client() + "\", \"" + certificates.clientKey() + "\"]]\n";
    }

    private void assertPulled(String reference, FaultImage image) throws Exception {
        bed.pull(reference);
        assertThat(bed.images()).hasSize(imagesBefore.size() + 1).contains(image.id());
    }

    private void assertRefused(String reference, FaultImage image, String reason) throws Exception {
        Refusal refusal = bed.refused(reference, image);
        assertThat(refusal.code()).isEqualTo("Unknown"); // the one code that the kubelet looks behind
        assertThat(refusal.text())
                .startsWith("RegistryUnavailable: pull image " + reference + ": https://")
                .contains(reason)
                .endsWith(REMEDY);
        assertThat(bed.images()).isEqualTo(imagesBefore);
    }

    @Test
    void anAuthorityOfOnesOwnHasToBeNamed() throws Exception {
        FaultImage image = serve(secure, "own/authority");
        String reference = "ca.example.test/own/authority:1";
        bed.hosts("ca.example.test", server(secure));
        assertRefused(reference, image, ": TLS failed: ");
        assertThat(secure.requests("/own/authority")).isEmpty();

        bed.hosts("ca.example.test", server(secure) + authority());
        assertPulled(reference, image);
    }

    @Test
    void verificationIsSkippedForTheHostThatSaysSoAndNoOther() throws Exception {
        FaultImage image = serve(secure, "unverified/app");
        bed.hosts("unverified.example.test", server(secure) + "skip_verify = true\n");
        bed.hosts("verified.example.test", server(secure));
        assertPulled("unverified.example.test/unverified/app:1", image);
        imagesBefore = bed.images();
        assertRefused("verified.example.test/unverified/app:1", image, ": TLS failed: ");
    }

    @Test
    void aCertificateOfAnotherHostIsRefused() throws Exception {
        try (RegistryDouble elsewhere = RegistryDouble.startTls(certificates.elsewhere(), false)) {
            FaultImage image = serve(elsewhere, "other/name");
            bed.hosts("name.example.test", server(elsewhere) + authority());
            assertRefused(
                    "name.example.test/other/name:1",
                    image,
                    ": TLS failed: no subject alternative names matching ip address 127.0.0.1 found;");
            assertThat(elsewhere.requests("/")).isEmpty();
        }
    }

    @Test
    void aClientCertificateIsShownToWhoAsks() throws Exception {
        FaultImage image = serve(needingClient, "mutual/app");
        String reference = "mutual.example.test/mutual/app:1";
        bed.hosts("mutual.example.test", server(needingClient) + authority());
        assertRefused(reference, image, "");
        assertThat(needingClient.requests("/mutual/app")).isEmpty();

        bed.hosts("mutual.example.test", server(needingClient) + authority() + client());
        assertPulled(reference, image);
    }

    @Test
    void dockersDirectoryOfCertificatesIsRead() throws Exception {
        FaultImage image = serve(needingClient, "docker/app");
        Path folder =
                Files.createDirectories(bed.run.runtime().node().registries().resolve(needingClient.address()));
        Files.copy(certificates.authority(), folder.resolve("ca.crt"));
        Files.copy(certificates.client(), folder.resolve("client.cert"));
        Files.copy(certificates.clientKey(), folder.resolve("client.key"));
        assertPulled(needingClient.address() + "/docker/app:1", image);
    }

    @Test
    void aServerWithoutTlsIsToldApart() throws Exception {
        FaultImage image = serve(bed.registry, "plain/app");
        String reference = "plain.example.test/plain/app:1";
        try (ServerSocket plain = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> refuse(plain));
            bed.hosts("plain.example.test", "server = \"https://127.0.0.1:" + plain.getLocalPort() + "\"\n");
            assertRefused(reference, image, ": it does not speak TLS; write http:// in hosts.toml if that is meant");
        }
        bed.hosts("plain.example.test", "server = \"http://" + bed.registry.address() + "\"\n");
        assertPulled(reference, image);
    }

    @Test
    void aHandshakeThatNobodyAnswersIsGivenUpWithItsSocket() throws Exception {
        FaultImage image = serve(bed.registry, "mute/app");
        // It waits for a request in plain HTTP, and for ever.
        bed.hosts("mute.example.test", server(bed.registry));
        assertRefused("mute.example.test/mute/app:1", image, ": no byte came for 2.0 s;");
        bed.assertNoConnectionsTo(bed.registry);
    }

    /** Says what a server without TLS says to a greeting that makes no sense to it. */
    private static void refuse(ServerSocket server) {
        while (true) {
            try (Socket client = server.accept()) {
                int _ = client.getInputStream().read(new byte[64]);
                client.getOutputStream()
                        .write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
            } catch (SocketException e) {
                return;
            } catch (IOException e) {
                // That client is gone.
            }
        }
    }

    @Test
    void aFileThatIsNoCertificateIsNamed() throws Exception {
        FaultImage image = serve(secure, "bad/file");
        Path wrong = Files.writeString(directory.resolve("wrong.pem"), "nothing");
        bed.hosts("wrong.example.test", server(secure) + "ca = \"" + wrong + "\"\n");
        Refusal refusal = bed.refused("wrong.example.test/bad/file:1", image);
        assertThat(refusal.code()).isEqualTo("FailedPrecondition");
        assertThat(refusal.text()).contains(wrong.toString()).contains("has no certificate");
    }

    @Test
    void aConnectionThatBreaksGoesOnAndABlobStoreSeesNoCredentials() throws Exception {
        FaultImage image = serve(secure, "broken/tls");
        String reference = "broken.example.test/broken/tls:1";
        bed.hosts("broken.example.test", server(secure) + authority());
        try (RegistryDouble store = RegistryDouble.startTls(certificates.server(), false)) {
            store.path("/blob", answer -> {
                var part = answer.of(image.layerBytes());
                part.upTo(answer.call() == 1 ? MIB / 2 : MIB * 2);
            });
            secure.blob("broken/tls", image.layer(), answer -> {
                if (answer.header("Authorization").isEmpty()) {
                    answer.with("WWW-Authenticate", "Basic realm=\"test\"").status(401);
                } else {
                    answer.with("Location", "https://" + store.address() + "/blob")
                            .status(307);
                }
            });
            bed.pull(reference, "--creds", "user:secret");
            assertThat(bed.images()).contains(image.id());
            assertThat(store.requests("/blob"))
                    .extracting(RegistryDouble.Request::range)
                    .containsExactly("", "bytes=" + MIB / 2 + "-");
            assertThat(store.requests("/blob"))
                    .allMatch(request -> request.authorization().isEmpty());
        }
    }
}

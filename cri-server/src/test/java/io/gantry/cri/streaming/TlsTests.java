package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TlsTests {
    private final TestDirectories directories = TestDirectories.create();
    private final Path certificate = directories.root().resolve("cert.pem");
    private final Path key = directories.root().resolve("key.pem");

    @AfterEach
    void remove() {
        directories.close();
    }

    private void makeCertificate(String name) throws InterruptedException {
        String openssl = Privileges.assumeProgram("openssl");
        assertThat(SpawnProcessRunner.shared()
                        .run(
                                Command.of(
                                        openssl,
                                        "req",
                                        "-x509",
                                        "-newkey",
                                        "ec",
                                        "-pkeyopt",
                                        "ec_paramgen_curve:P-256",
                                        "-nodes",
                                        "-keyout",
                                        key.toString(),
                                        "-out",
                                        certificate.toString(),
                                        "-subj",
                                        "/CN=" + name,
                                        "-days",
                                        "2"),
                                Deadline.after(Duration.ofSeconds(60)))
                        .isSuccess())
                .isTrue();
    }

    /** Runs a command over TLS and gives the name in the server's certificate. */
    private static String exec(StreamingServer server) throws Exception {
        URI url = URI.create(server.urlFor(new StreamRequest.Exec(
                "c1", List.of("sh", "-c", "echo hello"), new Streams(false, true, false, false))));
        assertThat(url.getScheme()).isEqualTo("https");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustsAll()}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(url.getHost(), url.getPort());
        try (RawClient client = RawClient.over(socket)) {
            String answer = client.request(
                    "GET",
                    url,
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n");
            assertThat(answer).startsWith("HTTP/1.1 101 ");
            StringBuilder all = new StringBuilder();
            for (byte[] bytes = client.read(); bytes.length > 0; bytes = client.read()) {
                all.append(new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            assertThat(all.toString()).contains("hello\n", "Success");
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    @Test
    void aNewCertificateIsTakenForNewConnectionsAndABadOneIsNot() throws Exception {
        makeCertificate("first");
        StreamingOptions options = StreamingOptions.of("127.0.0.1", 0).withTls(certificate, key);
        try (StreamingServer server = StreamingServer.start(options, new FakeTargets())) {
            assertThat(exec(server)).isEqualTo("CN=first");
            Files.delete(certificate);
            Files.delete(key);
            makeCertificate("second");
            assertThat(exec(server)).isEqualTo("CN=second");
            Files.writeString(certificate, "not a certificate");
            assertThat(exec(server)).isEqualTo("CN=second");
        }
    }

    /** Java's own client does not offer them any more, so that its greeting is written by hand here. */
    @Test
    void olderVersionsOfTlsAreRefused() throws Exception {
        makeCertificate("first");
        StreamingOptions options = StreamingOptions.of("127.0.0.1", 0).withTls(certificate, key);
        try (StreamingServer server = StreamingServer.start(options, new FakeTargets())) {
            URI url = URI.create(server.urlFor(
                    new StreamRequest.Exec("c1", List.of("true"), new Streams(false, true, false, false))));
            ByteBuffer hello = ByteBuffer.allocate(50)
                    .put((byte) 22) // handshake
                    .putShort((short) 0x0301)
                    .putShort((short) 45)
                    .put((byte) 1) // client hello
                    .put((byte) 0)
                    .putShort((short) 41)
                    .putShort((short) 0x0302) // TLS 1.1
                    .put(new byte[32]) // random
                    .put((byte) 0) // no session
                    .putShort((short) 2)
                    .putShort((short) 0xC009) // ECDHE_ECDSA_WITH_AES_128_CBC_SHA
                    .put((byte) 1)
                    .put((byte) 0); // no compression
            try (RawClient client = RawClient.over(new Socket(url.getHost(), url.getPort()))) {
                client.write(hello.array());
                // An alert: fatal, protocol_version (RFC 8446, section 6).
                assertThat(client.read(7)).startsWith(21, 3).endsWith(2, 70);
            }
        }
    }

    @Test
    void withoutAUsableCertificateTheServerDoesNotStart() {
        StreamingOptions options = StreamingOptions.of("127.0.0.1", 0).withTls(certificate, key);
        assertThatThrownBy(() -> StreamingServer.start(options, new FakeTargets()))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
                .hasMessageContaining(certificate.toString())
                .hasMessageContaining("PEM");
    }

    private static final class TrustsAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

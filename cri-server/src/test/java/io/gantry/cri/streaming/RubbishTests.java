package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.streaming.session.StreamRequest.Streams;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class RubbishTests extends ServerFixture {
    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n";

    @Override
    StreamingOptions options() {
        return super.options().withTimeouts(Duration.ofSeconds(2), Duration.ofSeconds(1));
    }

    private String ask(String method, String url, String headers) throws IOException {
        URI uri = URI.create(url);
        try (RawClient client = RawClient.connect(uri)) {
            return client.request(method, uri, headers);
        }
    }

    @Test
    void urlsAreGoodOnceAndSaySo() throws Exception {
        String url = exec("true", new Streams(false, true, false, false));
        SpdyClient.connect(url, "v4.channel.k8s.io").close();
        assertThat(ask("POST", url, UPGRADE)).startsWith("HTTP/1.1 404 ").contains("was used before");
        assertThat(ask("POST", url.replace("/exec/", "/attach/"), UPGRADE)).startsWith("HTTP/1.1 404 ");
        assertThat(ask("GET", url.replaceAll("/exec/.*", "/metrics"), UPGRADE)).startsWith("HTTP/1.1 404 ");
    }

    @Test
    void aRequestWithoutUpgradeLeavesTheUrlGood() throws Exception {
        String url = exec("true", new Streams(false, true, false, false));
        assertThat(ask("GET", url, "")).startsWith("HTTP/1.1 400 ").contains("unable to upgrade");
        assertThat(ask("PUT", url, UPGRADE)).startsWith("HTTP/1.1 405 ");
        SpdyClient.connect(url, "v4.channel.k8s.io").close();
    }

    @Test
    void unknownProtocolsAreRefusedWithTheKnownOnes() throws Exception {
        assertThat(ask(
                        "POST",
                        exec("true"),
                        UPGRADE + "X-Stream-Protocol-Version: v9.channel.k8s.io, v8.channel.k8s.io\r\n"))
                .startsWith("HTTP/1.1 403 ")
                .contains(
                        "client supports [v9.channel.k8s.io, v8.channel.k8s.io]", "server accepts [v4.channel.k8s.io");
        assertThat(ask("POST", forward(), UPGRADE + "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n"))
                .startsWith("HTTP/1.1 403 ");
    }

    @Test
    void whatIsNotHttpIsAnsweredAndClosed() throws Exception {
        URI uri = URI.create(exec("true"));
        try (RawClient client = RawClient.connect(uri)) {
            client.write(new byte[] {0, 1, 2, '\r', '\n', '\r', '\n'});
            byte[] answer = client.read();
            assertThat(new String(answer, java.nio.charset.StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.");
        }
        await("all gone", () -> server.connections() == 0);
    }

    @Test
    void whoSendsNothingIsClosed() throws Exception {
        try (RawClient client = RawClient.connect(URI.create(exec("true")))) {
            assertThat(client.read()).isEmpty();
        }
    }

    @Test
    void whoOpensTooFewStreamsIsClosedAndNothingIsRun() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("true"), "v4.channel.k8s.io")) {
            client.openType("error");
            client.awaitClose();
        }
        assertThat(targets.execs()).isEmpty();
    }

    @Test
    void halfAConnectionToAPortIsGivenUp() throws Exception {
        try (SpdyClient client = SpdyClient.connect(forward(), "portforward.k8s.io")) {
            int error = client.open("streamtype", "error", "port", "80", "requestid", "1");
            assertThat(client.awaitEnd(error)).contains("only one of two streams");
        }
    }

    @Test
    void whoMovesNothingIsClosedAndPingsDoNotCount() throws Exception {
        try (SpdyClient client = SpdyClient.connect(forward(), "portforward.k8s.io")) {
            client.ping(1);
            client.awaitPing(1);
            client.awaitClose();
        }
    }

    @RepeatedTest(40)
    void randomBytesAfterTheUpgradeEndTheConnectionAndNothingElse(RepetitionInfo repetition) throws Exception {
        Random random = new Random(repetition.getCurrentRepetition());
        try (SpdyClient client = SpdyClient.connect(exec("cat"), "v4.channel.k8s.io");
                WebSocketClient other = WebSocketClient.connect(exec("cat"), "v5.channel.k8s.io")) {
            byte[] rubbish = new byte[1 + random.nextInt(5000)];
            random.nextBytes(rubbish);
            if (repetition.getCurrentRepetition() % 2 == 0) {
                rubbish[0] = (byte) 0x80; // looks like a control frame
            }
            writeQuietly(client.socket(), rubbish);
            writeQuietly(other.socket(), rubbish);
        }
        await("all gone", () -> server.connections() == 0);
        await("all closed", () -> targets.execs().stream().allMatch(HostExec::isClosed));
        SpdyClient.connect(exec("true"), "v4.channel.k8s.io").close();
    }

    private static void writeQuietly(RawClient client, byte[] bytes) {
        try {
            client.write(bytes);
        } catch (IOException e) {
            assertThat(e).hasMessageMatching(".*(?i)(reset|broken pipe|closed).*");
        }
    }
}

package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.streaming.websocket.WebSocketTunnel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PortForwardTests extends ServerFixture {
    private static final String PROTOCOL = "portforward.k8s.io";

    private ServerSocket pod;
    private int port;

    @BeforeEach
    void listen() throws IOException {
        pod = new ServerSocket(0, 200, InetAddress.ofLiteral("127.0.0.1"));
        port = pod.getLocalPort();
    }

    @AfterEach
    void stopListening() throws IOException {
        pod.close();
    }

    /** For each connection: all that comes, up to its end, is answered with its length and content, and then the end. */
    private void answerWithWhatCame() {
        Thread.ofVirtual().start(() -> {
            while (!pod.isClosed()) {
                try {
                    Socket connection = pod.accept();
                    Thread.ofVirtual().start(() -> {
                        try (connection) {
                            byte[] all = connection.getInputStream().readAllBytes();
                            connection.getOutputStream().write((all.length + ":").getBytes(StandardCharsets.UTF_8));
                            connection.getOutputStream().write(all);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
                } catch (IOException e) {
                    return;
                }
            }
        });
    }

    private int[] connection(SpdyClient client, int number, int to) throws IOException {
        String id = Integer.toString(number);
        int error = client.open("streamtype", "error", "port", Integer.toString(to), "requestid", id);
        int data = client.open("streamtype", "data", "port", Integer.toString(to), "requestid", id);
        return new int[] {error, data};
    }

    @Test
    void eachDirectionEndsOnItsOwn() throws Exception {
        answerWithWhatCame();
        try (SpdyClient client = SpdyClient.connect(forward(port), PROTOCOL)) {
            int[] streams = connection(client, 0, port);
            client.send(streams[1], "hello");
            client.end(streams[1]);

            assertThat(client.awaitEnd(streams[1])).isEqualTo("5:hello");
            assertThat(client.awaitEnd(streams[0])).isEmpty();
        }
    }

    @Test
    void manyConnectionsAtATime() throws Exception {
        answerWithWhatCame();
        try (SpdyClient client = SpdyClient.connect(forward(), PROTOCOL)) {
            List<int[]> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                all.add(connection(client, i, port));
            }
            for (int i = 0; i < 100; i++) {
                client.send(all.get(i)[1], "number " + i);
            }
            for (int[] streams : all) {
                client.end(streams[1]);
            }
            for (int i = 0; i < 100; i++) {
                String text = "number " + i;
                assertThat(client.awaitEnd(all.get(i)[1])).isEqualTo(text.length() + ":" + text);
            }
        }
    }

    @Test
    void aRefusedPortIsToldOnTheErrorStreamAndOthersGoOn() throws Exception {
        answerWithWhatCame();
        int closed;
        try (ServerSocket other = new ServerSocket(0)) {
            closed = other.getLocalPort();
        }
        try (SpdyClient client = SpdyClient.connect(forward(), PROTOCOL)) {
            int[] bad = connection(client, 0, closed);
            assertThat(client.awaitEnd(bad[0])).isEqualTo("forward port " + closed + ": connection refused");
            assertThat(client.awaitEnd(bad[1])).isEmpty();
            int[] good = connection(client, 1, port);
            client.end(good[1]);
            assertThat(client.awaitEnd(good[1])).isEqualTo("0:");
        }
    }

    @Test
    void connectionsWithoutRequestIdsArePairedByStreams() throws Exception {
        answerWithWhatCame();
        try (SpdyClient client = SpdyClient.connect(forward(), PROTOCOL)) {
            client.open("streamtype", "error", "port", Integer.toString(port));
            int data = client.open("streamtype", "data", "port", Integer.toString(port));
            client.send(data, "x");
            client.end(data);
            assertThat(client.awaitEnd(data)).isEqualTo("1:x");
        }
    }

    @Test
    void senselessStreamsAreRefused() throws Exception {
        try (SpdyClient client = SpdyClient.connect(forward(), PROTOCOL)) {
            client.awaitReset(client.open("streamtype", "data"));
            client.awaitReset(client.open("streamtype", "data", "port", "0", "requestid", "1"));
            client.awaitReset(client.open("streamtype", "data", "port", "x", "requestid", "1"));
            client.awaitReset(client.open("streamtype", "other", "port", "80", "requestid", "1"));
            client.open("streamtype", "error", "port", "80", "requestid", "1");
            client.awaitReset(client.open("streamtype", "error", "port", "80", "requestid", "1"));
            client.awaitReset(client.open("streamtype", "data", "port", "81", "requestid", "1"));
        }
    }

    @Test
    void onlyPortsThatWereAskedForAreConnected() throws Exception {
        answerWithWhatCame();
        try (SpdyClient client = SpdyClient.connect(forward(1), PROTOCOL)) {
            client.awaitReset(client.open("streamtype", "error", "port", Integer.toString(port), "requestid", "1"));
        }
        try (SpdyClient client = SpdyClient.connect(forward(1, port), PROTOCOL)) {
            int[] streams = connection(client, 0, port);
            client.end(streams[1]);
            assertThat(client.awaitEnd(streams[1])).isEqualTo("0:");
        }
    }

    @Test
    void thePodsConnectionIsClosedWhenTheClientResetsItsStreamOrLeaves() throws Exception {
        try (SpdyClient client = SpdyClient.connect(forward(), PROTOCOL)) {
            int[] first = connection(client, 0, port);
            client.awaitReply(first[1]);
            try (Socket inPod = pod.accept()) {
                client.resetStream(first[1]);
                assertThat(inPod.getInputStream().read()).isEqualTo(-1);
                assertThat(client.awaitEnd(first[0])).isEmpty();
            }
            connection(client, 1, port);
            try (Socket inPod = pod.accept()) {
                client.close();
                assertThat(inPod.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void aLargeTransferArrivesWhole() throws Exception {
        answerWithWhatCame();
        int size = 8 << 20;
        try (SpdyClient client = SpdyClient.connect(forward(), PROTOCOL)) {
            int[] streams = connection(client, 0, port);
            byte[] piece = new byte[32 << 10];
            for (int sent = 0; sent < size; sent += piece.length) {
                client.send(streams[1], piece);
            }
            client.end(streams[1]);
            client.awaitEnd(streams[1]);
            assertThat(client.length(streams[1])).isEqualTo(size + (size + ":").length());
        }
    }

    @Test
    void channelsOfAWebSocketBeginWithTheirPort() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(forward(port), "v4.channel.k8s.io")) {
            for (int channel : new int[] {0, 1}) {
                WebSocketClient.Frame frame = client.read();
                assertThat(frame.payload()).containsExactly(channel, port & 0xff, port >> 8);
            }
            try (Socket inPod = pod.accept()) {
                client.send(0, "ping");
                assertThat(inPod.getInputStream().readNBytes(4)).isEqualTo("ping".getBytes(StandardCharsets.UTF_8));
                inPod.getOutputStream().write("pong".getBytes(StandardCharsets.UTF_8));
                client.await(0, "pong");
            }
            assertThat(client.read().opcode()).isEqualTo(WebSocketClient.CLOSE);
        }
    }

    @Test
    void portsMayBeNamedInTheQuery() throws Exception {
        try (WebSocketClient client =
                WebSocketClient.connect(forward() + "?ports=" + port + ",1", "v4.channel.k8s.io")) {
            assertThat(client.read().payload()).containsExactly(0, port & 0xff, port >> 8);
            client.read();
            assertThat(client.read().payload()).containsExactly(2, 1, 0);
            client.read();
            client.await(3, "connection refused");
        }
        assertThatThrownBy(() -> WebSocketClient.connect(forward() + "?ports=0", "v4.channel.k8s.io"))
                .hasMessageContaining("numbers from 1 to 65535");
        assertThatThrownBy(() -> WebSocketClient.connect(forward(), "v4.channel.k8s.io"))
                .hasMessageContaining("ports must be asked for");
    }

    @Test
    void spdyGoesThroughATunnelOfWebSocketMessages() throws Exception {
        answerWithWhatCame();
        try (TunnelClient client = TunnelClient.connect(forward(port))) {
            assertThat(client.answer()).contains("sec-websocket-protocol: " + WebSocketTunnel.PORT_FORWARD);
            assertThat(client.exchange(port, "through")).isEqualTo("7:through");
        }
    }
}

package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamingServerTests {
    private static final StreamRequest FORWARD = new StreamRequest.PortForward("s1", List.of());

    private static String urlOfServerOn(String host) {
        try (StreamingServer server = StreamingServer.start(StreamingOptions.of(host, 0), new FakeTargets())) {
            return server.urlFor(FORWARD);
        }
    }

    @Test
    void urlsNameTheAddressAsThisMachineReachesIt() {
        assertThat(urlOfServerOn("127.0.0.1")).matches("http://127\\.0\\.0\\.1:\\d+/portforward/[A-Za-z0-9_-]{22}");
        assertThat(urlOfServerOn("0.0.0.0")).startsWith("http://127.0.0.1:");
        assertThat(urlOfServerOn("::1")).startsWith("http://[::1]:");
        assertThat(urlOfServerOn("::")).startsWith("http://[::1]:");
    }

    @Test
    void anAddressInUseIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            StreamingOptions options = StreamingOptions.of("127.0.0.1", taken.getLocalPort());
            assertThatThrownBy(() -> StreamingServer.start(options, new FakeTargets()))
                    .isInstanceOfSatisfying(
                            GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
                    .hasMessageContaining("127.0.0.1 port " + taken.getLocalPort())
                    .hasMessageContaining("streaming.address");
        }
    }

    @Test
    void stoppingKillsTheCommandsOfItsClients() throws Exception {
        FakeTargets targets = new FakeTargets();
        StreamingServer server = StreamingServer.start(StreamingOptions.of("127.0.0.1", 0), targets);
        String url = server.urlFor(new StreamRequest.Exec(
                "c1", List.of("sh", "-c", "echo go; sleep 1000"), new Streams(false, true, false, false)));
        try (WebSocketClient client = WebSocketClient.connect(url, "v5.channel.k8s.io")) {
            client.await(1, "go");
            server.close();
            assertThat(targets.execs()).hasSize(1).allMatch(HostExec::isClosed);
        }
    }
}

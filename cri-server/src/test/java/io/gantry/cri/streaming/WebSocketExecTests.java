package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.streaming.session.StreamRequest.Streams;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class WebSocketExecTests extends ServerFixture {
    private static final String V5 = "v5.channel.k8s.io";
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;

    @Test
    void versionFiveEndsInputWithASignal() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("cat; echo err >&2; exit 4"), V5)) {
            assertThat(client.answer()).contains("sec-websocket-protocol: " + V5);
            client.send(STDIN, "hello");
            client.send(255, new byte[] {STDIN});

            String[] channels = client.readToEnd();
            assertThat(channels[STDOUT]).isEqualTo("hello");
            assertThat(channels[STDERR]).isEqualTo("err\n");
            assertThat(channels[ERROR]).contains("NonZeroExitCode", "\"message\":\"4\"");
        }
        await("command closed", () -> targets.execs().getFirst().isClosed());
    }

    @Test
    void theBestOfferedVersionIsTaken() throws Exception {
        try (WebSocketClient client =
                WebSocketClient.connect(exec("true"), "base64.channel.k8s.io", "channel.k8s.io", "v4.channel.k8s.io")) {
            assertThat(client.answer()).contains("sec-websocket-protocol: v4.channel.k8s.io");
            assertThat(client.readToEnd()[ERROR]).contains("Success");
        }
    }

    @Test
    void withoutASubProtocolTheOldestIsSpoken() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("echo x; exit 2"))) {
            assertThat(client.answer()).doesNotContain("sec-websocket-protocol");
            String[] channels = client.readToEnd();
            assertThat(channels[STDOUT]).isEqualTo("x\n");
            assertThat(channels[ERROR]).isEqualTo("command terminated with non-zero exit code: exit status 2");
        }
    }

    @Test
    void base64ChannelsCarryText() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("head -c 5"), "v4.base64.channel.k8s.io")) {
            String hello = "0" + Base64.getEncoder().encodeToString("hello".getBytes(StandardCharsets.UTF_8));
            client.send(WebSocketClient.TEXT, true, hello.getBytes(StandardCharsets.US_ASCII));

            StringBuilder out = new StringBuilder();
            for (var frame = client.read(); frame.opcode() == WebSocketClient.TEXT; frame = client.read()) {
                if (frame.channel() == '1') {
                    out.append(new String(Base64.getDecoder().decode(frame.text()), StandardCharsets.UTF_8));
                }
            }
            assertThat(out.toString()).isEqualTo("hello");
        }
    }

    @Test
    void messagesInSeveralFramesAreOne() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("head -c 6"), V5)) {
            client.send(WebSocketClient.BINARY, false, new byte[] {STDIN, 'a', 'b'});
            client.send(WebSocketClient.PING, true, new byte[] {42});
            client.send(WebSocketClient.CONTINUATION, false, new byte[] {'c', 'd'});
            client.send(WebSocketClient.CONTINUATION, true, new byte[] {'e', 'f'});
            assertThat(client.readToEnd()[STDOUT]).isEqualTo("abcdef");
        }
    }

    @Test
    void pingsAreAnswered() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("sleep 1000"), V5)) {
            client.send(WebSocketClient.PING, true, new byte[] {1, 2, 3});
            WebSocketClient.Frame frame = client.read();
            while (frame.opcode() != WebSocketClient.PONG) {
                frame = client.read();
            }
            assertThat(frame.payload()).containsExactly(1, 2, 3);
        }
    }

    @Test
    void aTerminalIsResized() throws Exception {
        String url = exec("read line; stty size", new Streams(true, true, false, true));
        try (WebSocketClient client = WebSocketClient.connect(url, V5)) {
            client.send(RESIZE, "{\"Width\":100,\"Height\":30}");
            client.send(STDIN, "\n");
            client.await(STDOUT, "30 100");
        }
    }

    @Test
    void aCloseFrameEndsTheCommand() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("echo go; sleep 1000"), V5)) {
            client.await(STDOUT, "go");
            client.send(WebSocketClient.CLOSE, true, new byte[] {3, (byte) 0xe8});
            assertThat(client.read().opcode()).isEqualTo(WebSocketClient.CLOSE);
        }
        await("command killed", () -> targets.execs().getFirst().isClosed());
    }

    @Test
    void rubbishInBase64ClosesTheConnection() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("cat"), "v4.base64.channel.k8s.io")) {
            client.send(WebSocketClient.TEXT, true, "0***".getBytes(StandardCharsets.US_ASCII));
            WebSocketClient.Frame frame = client.read();
            while (frame.opcode() != WebSocketClient.CLOSE) {
                frame = client.read();
            }
        }
        await("command killed", () -> targets.execs().stream().allMatch(HostExec::isClosed));
    }

    @Test
    void unknownSubProtocolsAreRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> WebSocketClient.connect(exec("true"), "v9.channel.k8s.io"))
                .hasMessageContaining("403 Forbidden")
                .hasMessageContaining("client supports [v9.channel.k8s.io], server accepts [v5.channel.k8s.io");
    }
}

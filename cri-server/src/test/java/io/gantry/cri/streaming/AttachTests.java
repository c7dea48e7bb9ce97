package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class AttachTests extends ServerFixture {
    private static final Streams ALL = new Streams(true, true, true, false);
    private static final int OUT = 2;
    private static final int ERR = 3;

    private final Syscalls syscalls = JnaSyscalls.instance();

    private void packet(Fd monitor, int output, byte[] data) {
        byte[] packet = new byte[data.length + 1];
        packet[0] = (byte) output;
        System.arraycopy(data, 0, packet, 1, data.length);
        syscalls.write(monitor.number(), packet, 0, packet.length);
    }

    private void packet(Fd monitor, int output, String data) {
        packet(monitor, output, data.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] input(Fd monitor) {
        byte[] buffer = new byte[32 << 10];
        return Arrays.copyOf(buffer, syscalls.read(monitor.number(), buffer, 0, buffer.length));
    }

    @Test
    void packetsGoToTheirStreamsAndInputToTheMonitor() throws Exception {
        try (SpdyClient client = SpdyClient.connect(attach(ALL), "v4.channel.k8s.io")) {
            int error = client.openType("error");
            int stdin = client.openType("stdin");
            int stdout = client.openType("stdout");
            int stderr = client.openType("stderr");
            try (Fd monitor = targets.monitor()) {
                packet(monitor, OUT, "out");
                packet(monitor, ERR, "err");
                client.awaitText(stdout, "out");
                client.awaitText(stderr, "err");
                client.send(stdin, "typed");
                assertThat(syscalls.poll(monitor.number(), 1, 30_000)).isPositive();
                byte[] buffer = new byte[100];
                int count = syscalls.read(monitor.number(), buffer, 0, buffer.length);
                assertThat(new String(buffer, 0, count, StandardCharsets.UTF_8)).isEqualTo("typed");
                client.end(stdin);
                assertThat(input(monitor)).isEmpty();
            }
            assertThat(client.awaitEnd(error)).contains("Success");
            assertThat(client.awaitEnd(stdout)).isEqualTo("out");
        }
    }

    @Test
    void outputThatIsNotWantedIsDropped() throws Exception {
        try (WebSocketClient client =
                WebSocketClient.connect(attach(new Streams(false, true, false, false)), "v5.channel.k8s.io")) {
            try (Fd monitor = targets.monitor()) {
                packet(monitor, ERR, "err");
                packet(monitor, OUT, "out");
                client.send(0, "no one wants this");
                client.await(1, "out");
            }
            String[] channels = client.readToEnd();
            assertThat(channels[2]).isEmpty();
            assertThat(channels[3]).contains("Success");
        }
    }

    @Test
    void theTerminalIsResizedThroughTheMonitor() throws Exception {
        try (WebSocketClient client =
                WebSocketClient.connect(attach(new Streams(true, true, false, true)), "v5.channel.k8s.io")) {
            client.send(4, "{\"Width\":90,\"Height\":20}");
            try (Fd monitor = targets.monitor()) {
                await("resized", () -> targets.sizes().contains("90x20"));
            }
        }
    }

    @Test
    void longInputIsCutIntoPackets() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(attach(ALL), "v5.channel.k8s.io")) {
            int size = 1 << 20;
            try (Fd monitor = targets.monitor()) {
                Thread sender = Thread.ofVirtual().start(() -> {
                    try {
                        client.send(0, new byte[size]);
                        client.send(255, new byte[] {0});
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                int received = 0;
                for (byte[] packet = input(monitor); packet.length > 0; packet = input(monitor)) {
                    assertThat(packet.length).isLessThanOrEqualTo(8192);
                    received += packet.length;
                }
                assertThat(received).isEqualTo(size);
                sender.join();
            }
        }
    }

    @Test
    void aStuckClientIsCutOffAndStallsNobody() throws Exception {
        try (SpdyClient stuck = SpdyClient.connect(attach(ALL), "v4.channel.k8s.io");
                SpdyClient good = SpdyClient.connect(attach(ALL), "v4.channel.k8s.io")) {
            for (SpdyClient client : new SpdyClient[] {stuck, good}) {
                for (String type : new String[] {"error", "stdin", "stdout", "stderr"}) {
                    client.openType(type);
                }
            }
            try (Fd first = targets.monitor();
                    Fd second = targets.monitor()) {
                Thread reader = Thread.ofVirtual().start(() -> {
                    try {
                        good.awaitText(5, "the end");
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
                byte[] output = new byte[8192];
                int gone = 0;
                for (int i = 0; i < 4096 && gone == 0; i++) { // 32 MiB
                    for (Fd monitor : new Fd[] {first, second}) {
                        try {
                            packet(monitor, OUT, output);
                        } catch (ErrnoException e) {
                            assertThat(e.errno()).isIn(Errno.EPIPE, Errno.ECONNRESET);
                            gone = monitor.number();
                        }
                    }
                }
                assertThat(gone).as("the stuck client's connection").isNotZero();
                packet(gone == first.number() ? second : first, OUT, "the end");
                reader.join();
                await("stuck client gone", () -> server.connections() == 1);
            }
        }
    }
}

package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many clients of one container, some of which take nothing and some of which are gone: conmon, which writes to each of them in
 * turn and waits for it, is never held up, and the others get all of it.
 */
@Timeout(120)
class AttachManyTests extends ServerFixture {
    private static final int READERS = 4;
    private static final int STUCK = 2;
    private static final int GONE = 2;
    private static final int PACKETS = 2048;
    private static final int SIZE = 8192;
    private static final int OUT = 2;

    private final Syscalls syscalls = JnaSyscalls.instance();

    private WebSocketClient client() throws IOException {
        return WebSocketClient.connect(attach(new Streams(false, true, false, false)), "v5.channel.k8s.io");
    }

    /** All that came on the output, up to the end of the stream. */
    private static long read(WebSocketClient client) throws IOException {
        long length = 0;
        for (var frame = client.read(); frame.opcode() != WebSocketClient.CLOSE; frame = client.read()) {
            if (frame.channel() == 1) {
                length += frame.payload().length - 1;
            }
        }
        return length;
    }

    @Test
    void nobodyIsHeldUpByOthers() throws Exception {
        List<WebSocketClient> all = new ArrayList<>();
        List<Fd> monitors = new ArrayList<>();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < READERS + STUCK + GONE; i++) {
                all.add(client());
                monitors.add(targets.monitor());
            }
            List<Future<Long>> readers = new ArrayList<>();
            for (WebSocketClient reader : all.subList(0, READERS)) {
                readers.add(executor.submit(() -> read(reader)));
            }
            for (WebSocketClient gone : all.subList(READERS + STUCK, all.size())) {
                gone.socket().breakOff();
            }

            write(monitors);

            monitors.subList(0, READERS).forEach(Fd::close);
            for (Future<Long> reader : readers) {
                assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo((long) PACKETS * SIZE);
            }
            await("the others cut off", () -> server.connections() == 0);
        } finally {
            for (WebSocketClient client : all) {
                client.close();
            }
            monitors.forEach(Fd::close);
        }
    }

    /** As conmon: one after the other, each waited for; one that is gone is left out from then on. */
    private void write(List<Fd> monitors) {
        byte[] packet = new byte[SIZE + 1];
        Arrays.fill(packet, (byte) 'x');
        packet[0] = OUT;
        List<Fd> left = new ArrayList<>(monitors);
        for (int i = 0; i < PACKETS; i++) {
            left.removeIf(monitor -> {
                try {
                    syscalls.write(monitor.number(), packet, 0, packet.length);
                    return false;
                } catch (ErrnoException e) {
                    assertThat(e.errno()).isIn(Errno.EPIPE, Errno.ECONNRESET);
                    return true;
                }
            });
        }
        assertThat(left).containsExactlyElementsOf(monitors.subList(0, READERS));
    }
}

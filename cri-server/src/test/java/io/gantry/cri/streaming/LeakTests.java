package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.platform.linux.Fd;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A thousand sessions (exec, attach and port-forward over SPDY, WebSocket and the tunnel of both), half of them broken off in
 * the middle, leave no descriptor, no thread and no process.
 */
@Timeout(600)
class LeakTests extends ServerFixture {
    private static final int SESSIONS = 1000;
    private static final int KINDS = 10;
    private static final int AT_A_TIME = 4;
    private static final Streams OUTPUT = new Streams(false, true, false, false);
    private static final String PORT_FORWARD = "portforward.k8s.io";
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Path THREADS = Path.of("/proc/self/task");

    private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    private final ExecutorService clients =
            Executors.newFixedThreadPool(AT_A_TIME, Thread.ofPlatform().daemon().factory());
    private final ExecutorService echoes = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger inPod = new AtomicInteger();
    private ServerSocket pod;

    @BeforeEach
    void listen() throws IOException {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.ADVANCED);
        pod = new ServerSocket(0, 200, InetAddress.ofLiteral("127.0.0.1"));
        echoes.execute(this::echo);
    }

    @AfterEach
    void asBefore() throws IOException {
        ResourceLeakDetector.setLevel(before);
        clients.shutdownNow();
        pod.close();
        echoes.shutdownNow();
    }

    /** What the pod's program does: gives back what comes, until the other side ends. */
    private void echo() {
        while (!pod.isClosed()) {
            try {
                Socket connection = pod.accept();
                inPod.incrementAndGet();
                echoes.execute(() -> {
                    try (connection) {
                        connection.getInputStream().transferTo(connection.getOutputStream());
                    } catch (IOException e) {
                        assertThat(e).hasMessageMatching("(?i).*(reset|broken pipe|closed).*");
                    } finally {
                        inPod.decrementAndGet();
                    }
                });
            } catch (IOException e) {
                assertThat(pod.isClosed()).isTrue();
            }
        }
    }

    private static long count(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }

    private void session(int number) throws Exception {
        switch (number % KINDS) {
            case 0 -> execToTheEnd();
            case 1 -> execBrokenOff();
            case 2 -> terminalBrokenOff();
            case 3 -> webSocketToTheEnd();
            case 4 -> attachedToTheEnd();
            case 5 -> attachedAndBrokenOff();
            case 6 -> forwardedToTheEnd();
            case 7 -> forwardedAndBrokenOff();
            case 8 -> webSocketPortBrokenOff();
            default -> tunnelToTheEnd();
        }
    }

    private void execToTheEnd() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("exit 1", OUTPUT), "v4.channel.k8s.io")) {
            int error = client.openType("error");
            client.openType("stdout");
            assertThat(client.awaitEnd(error)).contains("NonZeroExitCode");
        }
    }

    private void execBrokenOff() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("echo go; exec sleep 1000"), "v4.channel.k8s.io")) {
            client.openType("error");
            int stdin = client.openType("stdin");
            int stdout = client.openType("stdout");
            client.openType("stderr");
            client.send(stdin, "x");
            client.awaitText(stdout, "go");
            client.socket().breakOff();
        }
    }

    private void terminalBrokenOff() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(
                exec("echo go; exec cat", new Streams(true, true, false, true)), "v5.channel.k8s.io")) {
            client.await(1, "go");
            client.socket().breakOff();
        }
    }

    private void webSocketToTheEnd() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("exec cat"), "v5.channel.k8s.io")) {
            client.send(0, "x");
            client.send(255, new byte[] {0});
            assertThat(client.readToEnd()[1]).isEqualTo("x");
        }
    }

    private void attachedToTheEnd() throws Exception {
        try (SpdyClient client = SpdyClient.connect(attach(OUTPUT), "v4.channel.k8s.io")) {
            int error = client.openType("error");
            client.openType("stdout");
            targets.monitor().close();
            assertThat(client.awaitEnd(error)).contains("Success");
        }
    }

    /** With the head of a message of which the rest never comes. */
    private void attachedAndBrokenOff() throws Exception {
        try (WebSocketClient client =
                WebSocketClient.connect(attach(new Streams(true, true, true, false)), "v5.channel.k8s.io")) {
            client.socket().write(new byte[] {(byte) 0x82, (byte) 0xfe, 0x7f});
            try (Fd monitor = targets.monitor()) {
                assertThat(monitor.number()).isPositive();
                client.socket().breakOff();
            }
        }
    }

    private void forwardedToTheEnd() throws Exception {
        try (SpdyClient client = SpdyClient.connect(forward(), PORT_FORWARD)) {
            int data = connection(client);
            client.send(data, "there and back");
            client.end(data);
            assertThat(client.awaitEnd(data)).isEqualTo("there and back");
        }
    }

    private void forwardedAndBrokenOff() throws Exception {
        try (SpdyClient client = SpdyClient.connect(forward(), PORT_FORWARD)) {
            int data = connection(client);
            client.send(data, new byte[32 << 10]);
            client.awaitText(data, "\0");
            client.send(data, new byte[32 << 10]);
            client.socket().breakOff();
        }
    }

    private int connection(SpdyClient client) throws IOException {
        String port = Integer.toString(pod.getLocalPort());
        client.open("streamtype", "error", "port", port, "requestid", "0");
        return client.open("streamtype", "data", "port", port, "requestid", "0");
    }

    private void webSocketPortBrokenOff() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(forward(pod.getLocalPort()), "v4.channel.k8s.io")) {
            client.read();
            client.read();
            client.send(0, "ping".getBytes(StandardCharsets.UTF_8));
            client.await(0, "ping");
            client.socket().breakOff();
        }
    }

    private void tunnelToTheEnd() throws Exception {
        try (TunnelClient client = TunnelClient.connect(forward(pod.getLocalPort()))) {
            assertThat(client.exchange(pod.getLocalPort(), "through")).isEqualTo("through");
        }
    }

    private void sessions(int count) throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            // Which monitor belongs to which client is known only when one attaches at a time.
            boolean attach = number % KINDS == 4 || number % KINDS == 5;
            all.add(clients.submit(() -> {
                if (attach) {
                    synchronized (targets) {
                        session(number);
                    }
                } else {
                    session(number);
                }
                return null;
            }));
        }
        for (Future<?> each : all) {
            each.get();
        }
    }

    private void awaitQuiet() throws Exception {
        await("connections gone", () -> server.connections() == 0);
        await("commands closed", () -> targets.execs().stream().allMatch(HostExec::isClosed));
        await("the pod's connections gone", () -> inPod.get() == 0);
        await(
                "processes gone",
                () -> targets.execs().stream()
                        .allMatch(exec -> exec.process().exited().isDone()));
    }

    @Test
    void nothingIsLeft() throws Exception {
        sessions(2 * KINDS * AT_A_TIME);
        awaitQuiet();
        long descriptors = count(DESCRIPTORS);
        long threads = count(THREADS);

        sessions(SESSIONS);

        awaitQuiet();
        await("descriptors as before", () -> count(DESCRIPTORS) <= descriptors);
        await("threads as before", () -> count(THREADS) <= threads + 4); // carriers of virtual threads come and go
    }
}

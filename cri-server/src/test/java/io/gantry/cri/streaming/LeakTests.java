package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thousand sessions, ended in every way, leave no descriptor, no thread and no process. */
@Timeout(600)
class LeakTests extends ServerFixture {
    private static final int SESSIONS = 1000;
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final Path THREADS = Path.of("/proc/self/task");

    private final ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();

    @BeforeEach
    void watchBuffers() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.ADVANCED);
    }

    @AfterEach
    void asBefore() {
        ResourceLeakDetector.setLevel(before);
    }

    private static long count(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }

    private void session(int number) throws Exception {
        switch (number % 5) {
            case 0 -> toTheEnd();
            case 1 -> clientLeaves();
            case 2 -> terminal();
            case 3 -> webSocket();
            default -> attached();
        }
    }

    private void toTheEnd() throws Exception {
        try (SpdyClient client =
                SpdyClient.connect(exec("exit 1", new Streams(false, true, false, false)), "v4.channel.k8s.io")) {
            int error = client.openType("error");
            client.openType("stdout");
            assertThat(client.awaitEnd(error)).contains("NonZeroExitCode");
        }
    }

    private void clientLeaves() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("echo go; exec sleep 1000"), "v4.channel.k8s.io")) {
            client.openType("error");
            int stdin = client.openType("stdin");
            int stdout = client.openType("stdout");
            client.openType("stderr");
            client.send(stdin, "x");
            client.awaitText(stdout, "go");
        }
    }

    private void terminal() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(
                exec("echo go; exec cat", new Streams(true, true, false, true)), "v5.channel.k8s.io")) {
            client.await(1, "go");
        }
    }

    private void webSocket() throws Exception {
        try (WebSocketClient client = WebSocketClient.connect(exec("exec cat"), "v5.channel.k8s.io")) {
            client.send(0, "x");
            client.send(255, new byte[] {0});
            assertThat(client.readToEnd()[1]).isEqualTo("x");
        }
    }

    private void attached() throws Exception {
        try (SpdyClient client =
                SpdyClient.connect(attach(new Streams(false, true, false, false)), "v4.channel.k8s.io")) {
            int error = client.openType("error");
            client.openType("stdout");
            targets.monitor().close();
            assertThat(client.awaitEnd(error)).contains("Success");
        }
    }

    @Test
    void nothingIsLeft() throws Exception {
        for (int i = 0; i < 20; i++) {
            session(i);
        }
        await(
                "quiet",
                () -> server.connections() == 0 && targets.execs().stream().allMatch(HostExec::isClosed));
        long descriptors = count(DESCRIPTORS);
        long threads = count(THREADS);

        for (int i = 0; i < SESSIONS; i++) {
            session(i);
        }

        await("connections gone", () -> server.connections() == 0);
        await("commands closed", () -> targets.execs().stream().allMatch(HostExec::isClosed));
        await(
                "processes gone",
                () -> targets.execs().stream()
                        .allMatch(exec -> exec.process().exited().isDone()));
        await("descriptors as before", () -> count(DESCRIPTORS) <= descriptors);
        await("threads as before", () -> count(THREADS) <= threads + 4); // carriers of virtual threads come and go
    }
}

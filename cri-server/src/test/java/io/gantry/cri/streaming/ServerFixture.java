package io.gantry.cri.streaming;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamRequest.Streams;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A server on a free port, with commands of this host behind it. */
abstract class ServerFixture {
    final FakeTargets targets = new FakeTargets();
    StreamingServer server;

    ServerFixture() {
        server = StreamingServer.start(options(), targets);
    }

    StreamingOptions options() {
        return StreamingOptions.of("127.0.0.1", 0);
    }

    @BeforeEach
    void makeSureThatItRuns() {
        if (server.connections() != 0) {
            throw new IllegalStateException("the server has connections already");
        }
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** A URL for a shell script, without a terminal. */
    String exec(String script) {
        return exec(script, new Streams(true, true, true, false));
    }

    String exec(String script, Streams streams) {
        return server.urlFor(new StreamRequest.Exec("c1", List.of("sh", "-c", script), streams));
    }

    String attach(Streams streams) {
        return server.urlFor(new StreamRequest.Attach("c1", streams));
    }

    String forward(Integer... ports) {
        return server.urlFor(new StreamRequest.PortForward("s1", List.of(ports)));
    }

    /** Waits until something holds. */
    static void await(String what, Condition condition) throws Exception {
        long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("still not so: " + what);
            }
            Thread.sleep(5);
        }
    }

    interface Condition {
        boolean holds() throws Exception;
    }
}

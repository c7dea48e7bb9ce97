package io.gantry.cri.daemon;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts that were started, to be stopped in reverse. A part that fails to stop is logged and does not keep the others
 * running; a start that fails half-way stops what it had started in the same way.
 */
final class Lifecycle implements AutoCloseable {
    private record Part(String name, AutoCloseable stop) {}

    private static final Logger log = LoggerFactory.getLogger(Lifecycle.class);

    private final Deque<Part> started = new ArrayDeque<>();

    /** Notes a part that runs now and how it is stopped. */
    synchronized <T extends AutoCloseable> T started(String name, T part) {
        started.push(new Part(name, part));
        return part;
    }

    /** Stops every part, the last one first. Never fails; a second call does nothing. */
    @Override
    public void close() {
        for (Part part = next(); part != null; part = next()) {
            long begin = System.nanoTime();
            try {
                part.stop().close();
                log.debug("stopped: part=\"{}\" duration_ms={}", part.name(), (System.nanoTime() - begin) / 1_000_000);
            } catch (Exception e) {
                log.warn("part did not stop well: part=\"{}\" error=\"{}\"", part.name(), e.toString());
            }
        }
    }

    private synchronized @org.jspecify.annotations.Nullable Part next() {
        return started.poll();
    }
}

package io.gantry.image.service;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A background thread that deletes: once what earlier processes left, then every now and then what nobody needs any more. */
final class Janitor implements AutoCloseable {
    private static final Duration SHORTEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(15);
    private static final Logger log = LoggerFactory.getLogger(Janitor.class);

    private final Runnable leftovers;
    private final Runnable sweep;
    private final Duration pause;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofPlatform().name("gantry-image-janitor").daemon(true).unstarted(this::run);

    /**
     * @param sweep takes only what is old enough, and is safe at any time
     * @param pause between two sweeps, also before the first
     */
    Janitor(Runnable leftovers, Runnable sweep, Duration pause) {
        this.leftovers = leftovers;
        this.sweep = sweep;
        this.pause = pause;
    }

    /** What waits for a grace is not looked for much more often than that. */
    static Duration pauseFor(Duration grace) {
        Duration quarter = grace.dividedBy(4);
        if (quarter.compareTo(SHORTEST_PAUSE) < 0) {
            return SHORTEST_PAUSE;
        }
        return quarter.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : quarter;
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            attempt(leftovers);
            while (!closing.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                attempt(sweep);
            }
        } catch (InterruptedException _) {
            // nobody else interrupts it
        }
    }

    private static void attempt(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            log.warn("what nobody needs was not deleted: error=\"{}\"", e.toString());
        }
    }

    /** Waits for what it is at. */
    @Override
    public void close() {
        closing.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

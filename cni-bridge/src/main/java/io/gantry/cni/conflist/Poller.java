package io.gantry.cni.conflist;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One background task on its own virtual thread, run again and again: when woken, and when the time is up that the last
 * run asked for.
 */
public final class Poller implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Poller.class);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

    /** The task. */
    @FunctionalInterface
    public interface Round {
        /** Does its work and says how long to wait for the next round. */
        Duration run() throws InterruptedException;
    }

    private final Semaphore wakeUps = new Semaphore(0);
    private final Round round;
    private final Thread thread;

    /** A task that is not running yet. */
    public Poller(String name, Round round) {
        this.round = round;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::loop);
    }

    /** Starts the task with a first round at once. To be called once. */
    public void start() {
        thread.start();
    }

    /** Asks for a round now; several calls before it make one round. Never blocks. */
    public void wake() {
        wakeUps.release();
    }

    private void loop() {
        try {
            while (true) {
                Duration pause = runRound();
                if (wakeUps.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                    wakeUps.drainPermits();
                }
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    private Duration runRound() throws InterruptedException {
        try {
            return round.run();
        } catch (RuntimeException e) {
            log.warn(
                    "background task failed: task={} error=\"{}\"",
                    Thread.currentThread().getName(),
                    e,
                    e);
            return AFTER_FAILURE;
        }
    }

    /** Ends the task: interrupts a round that is running and waits for its end. */
    @Override
    public void close() {
        if (thread.getState() == Thread.State.NEW) {
            return;
        }
        thread.interrupt();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.gantry.pod;

import java.time.Duration;

/**
 * Reconciles until nothing is left to do, with pauses that grow, and collects networks every few hours: what could not be
 * removed, because a plugin or a disk had a bad moment, must not wait for the next start of the daemon.
 */
final class Upkeep {
    static final Duration FIRST_PAUSE = Duration.ofSeconds(10);
    static final Duration LONGEST_PAUSE = Duration.ofHours(1);
    static final Duration COLLECTION_PERIOD = Duration.ofHours(6);

    /** {@link Reconciler#execute} and {@link Reconciler#executeWithCollection}. */
    @FunctionalInterface
    interface Pass {
        /** @return whether nothing is left to do */
        boolean run() throws InterruptedException;
    }

    /** {@link Thread#sleep(Duration)}, but for tests. */
    @FunctionalInterface
    interface Sleeper {
        void sleep(Duration duration) throws InterruptedException;
    }

    private final Pass reconcile;
    private final Pass reconcileAndCollect;
    private final Sleeper sleeper;

    Upkeep(Pass reconcile, Pass reconcileAndCollect, Sleeper sleeper) {
        this.reconcile = reconcile;
        this.reconcileAndCollect = reconcileAndCollect;
        this.sleeper = sleeper;
    }

    /** Returns only by interruption. */
    void run() throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        Duration untilCollection = COLLECTION_PERIOD;
        boolean settled = reconcile.run();
        while (true) {
            boolean retryFirst = !settled && pause.compareTo(untilCollection) < 0;
            Duration next = retryFirst ? pause : untilCollection;
            sleeper.sleep(next);
            if (retryFirst) {
                untilCollection = untilCollection.minus(next);
                pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
                settled = reconcile.run();
            } else {
                untilCollection = COLLECTION_PERIOD;
                pause = settled ? FIRST_PAUSE : pause;
                settled = reconcileAndCollect.run();
            }
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}

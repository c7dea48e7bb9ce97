package io.gantry.cni.network;

import io.gantry.platform.concurrent.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps GC apart from ADD and DEL, as the specification demands. Attaching and detaching share the gate and never wait for
 * each other; a collection takes it alone, waits for a moment without attaching and detaching, and does not hold newcomers
 * back while it waits.
 *
 * @see <a href="https://www.cni.dev/docs/spec/#lifecycle--ordering">CNI specification, section 3, lifecycle</a>
 */
final class CollectionGate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int inside;
    private boolean collecting;

    /** The right to be inside. */
    interface Pass extends AutoCloseable {
        @Override
        void close();
    }

    /** For ADD and DEL: waits only while a collection runs. */
    Pass enter() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (collecting) {
                changed.await();
            }
            inside++;
        } finally {
            lock.unlock();
        }
        return () -> leave(false);
    }

    /** For GC: waits until nobody is inside; empty when there is always somebody for as long as {@code patience}. */
    Optional<Pass> enterAlone(Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.after(patience);
        lock.lockInterruptibly();
        try {
            while (inside > 0 || collecting) {
                long left = deadline.remaining().toNanos();
                if (left <= 0) {
                    return Optional.empty();
                }
                if (!changed.await(left, TimeUnit.NANOSECONDS) && deadline.isExpired()) {
                    return Optional.empty();
                }
            }
            collecting = true;
        } finally {
            lock.unlock();
        }
        return Optional.of(() -> leave(true));
    }

    private void leave(boolean wasCollecting) {
        lock.lock();
        try {
            if (wasCollecting) {
                collecting = false;
            } else {
                inside--;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}

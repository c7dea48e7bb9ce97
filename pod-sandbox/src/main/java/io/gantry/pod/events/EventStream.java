package io.gantry.pod.events;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One subscription: the events that wait for its subscriber, in order. Close it to end it. */
public final class EventStream implements AutoCloseable {
    private final int capacity;
    private final Consumer<EventStream> onClose;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<EventNotice> waiting = new ArrayDeque<>();
    private @Nullable GantryException failure;

    EventStream(int capacity, Consumer<EventStream> onClose) {
        this.capacity = capacity;
        this.onClose = onClose;
    }

    /** Adds an event, or ends the subscription when too many wait: those are lost as well. Never waits. */
    void offer(EventNotice notice) {
        lock.lock();
        try {
            if (failure != null) {
                return;
            }
            if (waiting.size() < capacity) {
                waiting.add(notice);
                changed.signalAll();
                return;
            }
        } finally {
            lock.unlock();
        }
        int lost = capacity + 1;
        fail(GantryException.of(
                        ErrorKind.RESOURCE_EXHAUSTED,
                        "tell events",
                        lost + " events were lost because the subscriber was slower than they came")
                .withRemedy("subscribe again, then list pods and containers"));
    }

    /** Ends the subscription; the subscriber gets {@code why} next. */
    void fail(GantryException why) {
        lock.lock();
        try {
            if (failure == null) {
                failure = why;
            }
            waiting.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        onClose.accept(this);
    }

    /**
     * Waits for the next event.
     *
     * @throws GantryException RESOURCE_EXHAUSTED when events were lost, UNAVAILABLE when the daemon stops
     */
    public EventNotice take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                throwFailure();
                EventNotice next = waiting.poll();
                if (next != null) {
                    return next;
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits without taking anything, for a subscriber that cannot be sent more right now.
     *
     * @throws GantryException as {@link #take}, as soon as it is known
     */
    public void pause(Duration time) throws InterruptedException {
        long left = time.toNanos();
        lock.lockInterruptibly();
        try {
            while (left > 0) {
                throwFailure();
                left = changed.awaitNanos(left);
            }
            throwFailure();
        } finally {
            lock.unlock();
        }
    }

    private void throwFailure() {
        if (failure != null) {
            throw failure;
        }
    }

    /** How many events wait. */
    int size() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        onClose.accept(this);
    }
}

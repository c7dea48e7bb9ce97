package io.gantry.pod.events;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Tells events to whoever listens. A listener is called on the thread that made the event and must not block. */
public final class PodEvents {
    /** Containers share locks; their changes are short. */
    private static final int LOCKS = 64;

    private final ReentrantLock[] order =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toArray(ReentrantLock[]::new);
    private final List<Consumer<PodEvent>> listeners = new CopyOnWriteArrayList<>();

    /** Adds a listener; close the answer to end it. */
    public Subscription subscribe(Consumer<PodEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /**
     * Makes a change and publishes what it means, while nothing else of that container does the same: listeners hear of
     * changes in the order in which they were made.
     *
     * @param change must not call this again
     */
    public void inOrder(String containerId, Runnable change) {
        ReentrantLock lock = order[Math.floorMod(containerId.hashCode(), order.length)];
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }

    public void publish(PodEvent event) {
        for (Consumer<PodEvent> listener : listeners) {
            listener.accept(event);
        }
    }

    /** Ends a subscription. */
    @FunctionalInterface
    public interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}

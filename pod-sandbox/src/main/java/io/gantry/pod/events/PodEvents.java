package io.gantry.pod.events;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Tells events to whoever listens. A listener is called on the thread that made the event and must not block. */
public final class PodEvents {
    private final List<Consumer<PodEvent>> listeners = new CopyOnWriteArrayList<>();

    /** Adds a listener; close the answer to end it. */
    public Subscription subscribe(Consumer<PodEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
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

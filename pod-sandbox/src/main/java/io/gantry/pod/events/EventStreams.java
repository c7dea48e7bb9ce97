package io.gantry.pod.events;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.PodState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Queues of events, one for each subscriber. Whoever makes an event never waits for a subscriber: one that lets its queue
 * run full loses its subscription and is told. Without a subscriber nothing is kept.
 */
public final class EventStreams implements AutoCloseable {
    /** Events that may wait for one subscriber; beyond them it had better look at everything anew. */
    public static final int CAPACITY = 1024;

    private final PodEvents events;
    private final PodState state;
    private final int capacity;
    private final List<EventStream> streams = new CopyOnWriteArrayList<>();
    private PodEvents.@Nullable Subscription source;
    private boolean closed;

    public EventStreams(PodEvents events, PodState state) {
        this(events, state, CAPACITY);
    }

    EventStreams(PodEvents events, PodState state, int capacity) {
        this.events = events;
        this.state = state;
        this.capacity = capacity;
    }

    /**
     * Subscribes to all that happens from now on.
     *
     * @throws GantryException UNAVAILABLE after {@link #close}
     */
    public synchronized EventStream open() {
        if (closed) {
            throw stopping();
        }
        EventStream stream = new EventStream(capacity, this::remove);
        streams.add(stream);
        if (source == null) {
            source = events.subscribe(this::deliver);
        }
        return stream;
    }

    static GantryException stopping() {
        return GantryException.of(ErrorKind.UNAVAILABLE, "tell events", "the daemon is stopping")
                .withRemedy("subscribe again when it was started anew");
    }

    private synchronized void remove(EventStream stream) {
        streams.remove(stream);
        if (streams.isEmpty() && source != null) {
            source.close();
            source = null;
        }
    }

    /** Called on the thread that made the event, so the state is that of the event. */
    private void deliver(PodEvent event) {
        EventNotice notice = new EventNotice(
                event,
                state.sandboxes().find(event.sandboxId()).orElse(null),
                state.containersOf(event.sandboxId()).stream()
                        .filter(container -> container.status().phase() != ContainerPhase.CREATING)
                        .toList());
        streams.forEach(stream -> stream.offer(notice));
    }

    /** How many subscribers there are. */
    public int size() {
        return streams.size();
    }

    /** Ends all subscriptions; subscribers are told that the daemon stops. */
    @Override
    public void close() {
        List<EventStream> open;
        synchronized (this) {
            closed = true;
            open = new ArrayList<>(streams);
        }
        open.forEach(stream -> stream.fail(stopping()));
    }
}

package io.gantry.platform.concurrent;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Work that is done once for all who ask for it at the same time. It runs on a virtual thread of its own, so that it
 * outlives the caller who asked first as long as another one waits; when the last one leaves, it is interrupted.
 */
public final class SingleFlight<K, V> {
    private final class Flight {
        final K key;
        final String what;
        final Callable<V> work;
        final CountDownLatch ended = new CountDownLatch(1);
        /** Guarded by {@code flights}. */
        int waiting;
        /** Guarded by {@code flights}. */
        boolean abandoned;
        /** Set before {@code ended}. */
        @Nullable
        V value;
        /** Set before {@code ended}. */
        @Nullable
        Throwable failure;

        final Thread thread;

        Flight(K key, String what, Callable<V> work) {
            this.key = key;
            this.what = what;
            this.work = work;
            this.thread = Thread.ofVirtual().name(what).unstarted(this::run);
        }

        void run() {
            try {
                value = work.call();
            } catch (Throwable e) {
                failure = e;
            } finally {
                synchronized (flights) {
                    flights.remove(key, this);
                }
                ended.countDown();
            }
        }

        @SuppressWarnings("NullAway") // The value is null only where V allows it.
        V result() {
            return switch (failure) {
                case null -> value;
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case InterruptedException e ->
                    throw GantryException.of(ErrorKind.CANCELLED, what, "interrupted")
                            .causedBy(e);
                case Throwable e ->
                    throw GantryException.of(ErrorKind.INTERNAL, what, e.toString())
                            .causedBy(e);
            };
        }
    }

    private final Map<K, Flight> flights = new HashMap<>();

    /**
     * Joins the work under {@code key}, or starts it. The same result, or the very same exception, goes to all who joined.
     * Whoever comes while an abandoned flight winds down waits for its end and starts afresh.
     *
     * @param what names the work in threads and errors: {@code "pull image docker.io/library/busybox:1.36"}
     * @throws InterruptedException when this caller was interrupted; the work goes on for the others, or has wound up when
     *     there is none
     */
    public V join(K key, String what, Callable<V> work) throws InterruptedException {
        while (true) {
            Flight flight = board(key, what, work);
            if (flight.abandoned) {
                flight.ended.await();
                continue;
            }
            try {
                flight.ended.await();
            } catch (InterruptedException e) {
                leave(flight);
                throw e;
            }
            return flight.result();
        }
    }

    private Flight board(K key, String what, Callable<V> work) {
        synchronized (flights) {
            Flight flight = flights.get(key);
            if (flight == null) {
                flight = new Flight(key, what, work);
                flights.put(key, flight);
                flight.thread.start();
            }
            if (!flight.abandoned) {
                flight.waiting++;
            }
            return flight;
        }
    }

    private void leave(Flight flight) {
        synchronized (flights) {
            if (--flight.waiting > 0) {
                return;
            }
            flight.abandoned = true;
        }
        flight.thread.interrupt();
        boolean again = false;
        while (true) {
            try {
                flight.ended.await();
                break;
            } catch (InterruptedException e) {
                again = true;
            }
        }
        if (again) {
            Thread.currentThread().interrupt();
        }
    }

    /** How many flights are in the air. */
    public int size() {
        synchronized (flights) {
            return flights.size();
        }
    }
}

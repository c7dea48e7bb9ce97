package io.gantry.image.registry;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs blocking network calls on a virtual thread of their own, where an interrupt closes the socket (see
 * {@link java.net.Socket#getInputStream()}). So the caller, on whatever kind of thread, gets away at once when it is
 * interrupted, and a server that sends a header byte now and then cannot hold it longer than the limit.
 */
final class VirtualCall {
    private static final Logger LOG = LoggerFactory.getLogger(VirtualCall.class);

    private VirtualCall() {}

    /**
     * Runs {@code work}. When this does not return normally, a closeable result that still came about is closed.
     *
     * @throws InterruptedException the caller was interrupted; the work has been interrupted too
     * @throws SocketTimeoutException the limit passed; the work has been interrupted
     * @throws IOException what the work threw
     */
    static <T> T within(Duration limit, String name, Callable<T> work) throws IOException, InterruptedException {
        AtomicBoolean decided = new AtomicBoolean();
        FutureTask<T> task = new FutureTask<>(() -> {
            T result = work.call();
            if (!decided.compareAndSet(false, true)) {
                close(result);
                throw new CancellationException("nobody waits any more");
            }
            return result;
        });
        Thread thread = Thread.ofVirtual().name(name).start(task);
        try {
            return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            abandon(decided, task, thread);
            throw new SocketTimeoutException("Read timed out");
        } catch (InterruptedException e) {
            abandon(decided, task, thread);
            throw e;
        } catch (ExecutionException e) {
            throw asIoException(e.getCause() == null ? e : e.getCause());
        }
    }

    private static void abandon(AtomicBoolean decided, FutureTask<?> task, Thread thread) {
        if (decided.compareAndSet(false, true)) {
            thread.interrupt();
            return;
        }
        try {
            close(task.get());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            LOG.debug("abandoned call failed", e);
        }
    }

    private static void close(Object result) {
        if (result instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                LOG.debug("could not close the result of an abandoned call", e);
            }
        }
    }

    private static IOException asIoException(Throwable cause) throws InterruptedException {
        return switch (cause) {
            case IOException e -> e;
            case InterruptedException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(cause);
        };
    }
}

package io.gantry.platform.concurrent;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Steps of one operation that run at the same time, each on a virtual thread. The first that fails interrupts the others;
 * none outlives the scope. To be used as a resource of {@code try}:
 *
 * <pre>{@code
 * try (TaskScope scope = new TaskScope("run pod sandbox default/web")) {
 *     TaskScope.Task<Network> network = scope.fork("network", () -> attach());
 *     scope.fork("resolv.conf", () -> write());
 *     scope.join();
 *     return network.get();
 * }
 * }</pre>
 */
public final class TaskScope implements AutoCloseable {
    private final String name;
    private final List<Task<?>> tasks = new ArrayList<>();
    private @Nullable Throwable failure;
    private boolean cancelled;
    private boolean closed;

    /** @param name names the operation in threads and errors */
    public TaskScope(String name) {
        this.name = name;
    }

    /**
     * Starts a step. In a scope that has already failed it is not started, and waiting for it gives the failure.
     *
     * @throws IllegalStateException when the scope is closed
     */
    public <T> Task<T> fork(String step, Callable<T> work) {
        Task<T> task = new Task<>(name + ": " + step, work);
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("scope is closed: " + name);
            }
            if (cancelled) {
                task.ended.countDown();
                return task;
            }
            tasks.add(task);
            task.thread.start();
        }
        return task;
    }

    /**
     * Waits for all steps, and throws the first failure with the others suppressed: what the step threw when that is
     * unchecked, else a GantryException.
     *
     * @throws InterruptedException when interrupted; the steps were interrupted too, and {@link #close()} waits for them
     */
    public void join() throws InterruptedException {
        try {
            for (Task<?> task : snapshot()) {
                task.ended.await();
            }
        } catch (InterruptedException e) {
            cancel();
            throw e;
        }
        throwFailure();
    }

    /** Steps may fork steps, so this asks again until none was added. */
    private List<Task<?>> snapshot() throws InterruptedException {
        List<Task<?>> seen = List.of();
        while (true) {
            List<Task<?>> now;
            synchronized (this) {
                now = List.copyOf(tasks);
            }
            if (now.size() == seen.size()) {
                return seen;
            }
            seen = now;
            for (Task<?> task : seen) {
                task.ended.await();
            }
        }
    }

    private void throwFailure() {
        Throwable thrown;
        synchronized (this) {
            thrown = failure;
        }
        switch (thrown) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case InterruptedException e ->
                throw GantryException.of(ErrorKind.CANCELLED, name, "interrupted")
                        .causedBy(e);
            case Throwable e ->
                throw GantryException.of(ErrorKind.INTERNAL, name, e.toString()).causedBy(e);
        }
    }

    @SuppressWarnings("ReferenceEquality") // A throwable must not suppress itself.
    private synchronized void failed(Throwable problem) {
        if (failure == null && !(cancelled && problem instanceof InterruptedException)) {
            failure = problem;
            cancel();
        } else if (failure != null && failure != problem && !(problem instanceof InterruptedException)) {
            failure.addSuppressed(problem);
        }
    }

    private synchronized void cancel() {
        cancelled = true;
        for (Task<?> task : tasks) {
            if (task.ended.getCount() > 0) {
                task.thread.interrupt();
            }
        }
    }

    /** Interrupts the steps that still run and waits for them, also when interrupted itself; the flag is kept. */
    @Override
    public void close() {
        List<Task<?>> started;
        synchronized (this) {
            closed = true;
            cancel();
            started = List.copyOf(tasks);
        }
        boolean interrupted = false;
        for (Task<?> task : started) {
            while (task.ended.getCount() > 0) {
                try {
                    task.ended.await();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One step of a scope. */
    public final class Task<T> {
        private final Callable<T> work;
        private final Thread thread;
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile boolean succeeded;
        private @Nullable T value;

        private Task(String threadName, Callable<T> work) {
            this.work = work;
            this.thread = Thread.ofVirtual().name(threadName).unstarted(this::run);
        }

        private void run() {
            try {
                value = work.call();
                succeeded = true;
            } catch (Throwable e) {
                failed(e);
            } finally {
                ended.countDown();
            }
        }

        /** The result, after {@link TaskScope#join()}. @throws IllegalStateException when it has not ended, or failed */
        @SuppressWarnings("NullAway") // The value is null only where T allows it.
        public T get() {
            if (ended.getCount() > 0 || !succeeded) {
                throw new IllegalStateException("no result: " + thread.getName());
            }
            return value;
        }

        /** Waits for this step alone, and gives its result or throws the scope's first failure. */
        public T await() throws InterruptedException {
            ended.await();
            if (!succeeded) {
                throwFailure();
                throw GantryException.of(ErrorKind.CANCELLED, thread.getName(), "interrupted");
            }
            return get();
        }
    }
}

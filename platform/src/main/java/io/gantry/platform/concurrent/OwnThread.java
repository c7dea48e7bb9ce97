package io.gantry.platform.concurrent;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs what reads or writes many files on a platform thread of its own: the file calls of a virtual thread hold its carrier,
 * and there are few carriers for all calls of the daemon.
 */
public final class OwnThread {
    /** Walks of directory trees recurse, and the daemon's default is small. */
    private static final long STACK_BYTES = 2 << 20;

    private OwnThread() {}

    /**
     * What {@code work} returns or throws. An interrupt of the caller is passed on, and its end is waited for.
     *
     * @param name of the thread
     * @throws IllegalStateException when {@code work} throws a checked exception other than InterruptedException
     */
    public static <T> T call(String name, Callable<T> work) throws InterruptedException {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = start(name, task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            awaitEnd(thread);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InterruptedException cause) {
                throw cause;
            }
            throw unchecked(e);
        }
    }

    private static Thread start(String name, Runnable task) {
        return Thread.ofPlatform()
                .name(name)
                .stackSize(STACK_BYTES)
                .daemon(true)
                .start(task);
    }

    private static RuntimeException unchecked(ExecutionException e) {
        return switch (e.getCause()) {
            case RuntimeException cause -> cause;
            case Error cause -> throw cause;
            case null, default -> new IllegalStateException(e.getCause());
        };
    }

    /** {@link #call} without a result. */
    public static void run(String name, Work work) throws InterruptedException {
        boolean unused = OwnThread.<Boolean>call(name, () -> {
            work.run();
            return true;
        });
    }

    /**
     * Runs what must be done to its end, also for a caller who is interrupted: the interrupt is kept for afterwards. Throws
     * what {@code work} throws.
     *
     * @param name of the thread
     */
    public static void runToEnd(String name, Runnable work) {
        FutureTask<Boolean> task = new FutureTask<>(work, true);
        awaitEnd(start(name, task));
        boolean interrupted = Thread.interrupted();
        try {
            boolean unused = task.get();
        } catch (InterruptedException e) {
            interrupted = true; // after its end nothing waits
        } catch (ExecutionException e) {
            throw unchecked(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** What {@link #run} runs. */
    @FunctionalInterface
    public interface Work {
        void run() throws InterruptedException;
    }

    /** The work may use what its caller closes next. */
    private static void awaitEnd(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

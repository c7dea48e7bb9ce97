package io.gantry.platform.linux;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Runs system calls that may block for milliseconds (fsync, mount, umount) on platform threads when the caller is a
 * virtual thread, whose carrier a native call would pin. The caller waits; an interrupt is kept for afterwards, because a
 * system call in progress cannot be given up.
 */
public final class BlockingCalls {
    /**
     * Far more than work at a time: a call that hangs (umount of a dead network file system) must not hold up those of other
     * pods. Beyond it, callers make their calls themselves.
     */
    private static final int THREADS = 256;

    private static final ExecutorService POOL = pool();

    private BlockingCalls() {}

    private static ExecutorService pool() {
        AtomicInteger number = new AtomicInteger();
        ThreadFactory threads = task -> {
            Thread thread = new Thread(null, task, "gantry-syscall-" + number.incrementAndGet(), 256 << 10);
            thread.setDaemon(true);
            return thread;
        };
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                0,
                THREADS,
                5,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                threads,
                new ThreadPoolExecutor.CallerRunsPolicy());
        return Executors.unconfigurableExecutorService(pool);
    }

    /** Runs {@code call} on the right kind of thread and gives its result or throws what it throws. */
    public static <T> T call(Supplier<T> call) {
        if (!Thread.currentThread().isVirtual()) {
            return call.get();
        }
        Future<T> result = POOL.submit(call::get);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    switch (e.getCause()) {
                        case RuntimeException runtime -> throw runtime;
                        case Error error -> throw error;
                        case null, default -> throw new IllegalStateException("system call failed", e);
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** {@link #call} without a result. */
    public static void run(Runnable call) {
        BlockingCalls.<Boolean>call(() -> {
            call.run();
            return true;
        });
    }
}

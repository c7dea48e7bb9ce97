package io.gantry.platform.linux;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs one task on a platform thread that ends with it, for calls that change the thread they run on. */
final class ThrowAwayThread {
    private ThrowAwayThread() {}

    /** Runs the task and waits for it, interrupts or not; an unchecked failure is thrown on. */
    static <T> T run(String name, FutureTask<T> task) {
        try {
            return start(name, task, false);
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Runs the task and waits for it. An interrupt of the caller goes on to the thread, whose end is waited for.
     *
     * @throws ExecutionException what the task threw when that is checked
     * @throws InterruptedException when the caller was interrupted
     */
    static <T> T runInterruptibly(String name, FutureTask<T> task) throws InterruptedException, ExecutionException {
        return start(name, task, true);
    }

    private static <T> T start(String name, FutureTask<T> task, boolean interruptible)
            throws InterruptedException, ExecutionException {
        Thread thread = new Thread(null, task, name, 512 << 10, false);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
                if (interruptible) {
                    thread.interrupt();
                }
            }
        }
        if (interrupted && interruptible) {
            throw new InterruptedException(name);
        }
        try {
            return result(task);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static <T> T result(FutureTask<T> task) throws ExecutionException {
        return switch (task.state()) {
            case SUCCESS -> task.resultNow();
            case FAILED -> {
                switch (task.exceptionNow()) {
                    case RuntimeException e -> throw e;
                    case Error e -> throw e;
                    case Throwable e -> throw new ExecutionException(e);
                }
            }
            case CANCELLED, RUNNING -> throw new IllegalStateException("task has not ended: " + task);
        };
    }
}

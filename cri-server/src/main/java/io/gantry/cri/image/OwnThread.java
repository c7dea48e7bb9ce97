package io.gantry.cri.image;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Runs what reads or writes many files on a thread of its own: file calls would hold up the other virtual threads. */
final class OwnThread {
    private OwnThread() {}

    /** What {@code work} returns or throws. An interrupt of the caller is passed on, and its end is waited for. */
    static <T> T call(String name, Callable<T> work) throws InterruptedException {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = Thread.ofPlatform().name(name).daemon(true).start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            thread.join();
            throw e;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case InterruptedException cause -> throw cause;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }
}

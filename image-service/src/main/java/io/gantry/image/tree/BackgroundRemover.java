package io.gantry.image.tree;

import io.gantry.platform.linux.BlockingCalls;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes trees that nobody sees any more, one after the other on a thread of its own. Whoever gives one away waits for its
 * end, but not for long: a disk may take minutes for a large layer. What is not deleted when the process ends is found
 * again by its name at the next start.
 */
public final class BackgroundRemover implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BackgroundRemover.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final TreeRemover remover;
    private final ThreadPoolExecutor thread;

    /** @param name of the thread */
    public BackgroundRemover(Syscalls syscalls, String name) {
        this.remover = new TreeRemover(syscalls);
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                5,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> Thread.ofPlatform().name(name).daemon(true).unstarted(task));
        thread.allowCoreThreadTimeOut(true);
    }

    /** Deletes a tree, at most {@link #PATIENCE} of it while the caller waits. A failure is logged. */
    public void remove(Path path) {
        Future<?> done;
        try {
            done = thread.submit(() -> delete(path));
        } catch (RejectedExecutionException _) {
            // Closed; a pull that ends now still leaves nothing.
            BlockingCalls.run(() -> delete(path));
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            done.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.info("directory is being deleted in the background: path={}", path);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (ExecutionException e) {
            log.warn("directory not deleted: path={} error=\"{}\"", path, String.valueOf(e.getCause()));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void delete(Path path) {
        try {
            remover.remove(path);
        } catch (ErrnoException e) {
            log.warn(
                    "directory not deleted, it is tried again at the next start: path={} error=\"{}\"",
                    path,
                    e.toString());
        }
    }

    /** Takes no more; what was given away is still being deleted while the process lives. */
    @Override
    public void close() {
        thread.shutdown();
    }
}

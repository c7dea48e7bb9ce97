package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.SYNC_FILE_RANGE_WRITE;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts to write large files to the disk as soon as they are complete, beside the download. Without it the kernel keeps
 * gigabytes of dirty pages, and the disk has all its work left when the pull waits for syncfs(2). Only a hint: what is not
 * started here is written then. Safe for many threads; its own thread lives while there is work.
 */
final class WriteBehind {
    /** Smaller files are cheaper to write together. */
    private static final long LEAST_BYTES = 256 << 10;

    private static final int WAITING = 64;
    private static final long LINGER_MILLIS = 500;

    private final Syscalls syscalls;
    private final BlockingQueue<Integer> files = new ArrayBlockingQueue<>(WAITING);
    private final Object lock = new Object();
    private @Nullable Thread writer;

    WriteBehind(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /** A file whose data is complete; the descriptor stays the caller's. Never waits. */
    void offer(int fd, long size) {
        if (size < LEAST_BYTES || files.remainingCapacity() == 0) {
            return;
        }
        int own = syscalls.dup(fd);
        synchronized (lock) {
            if (!files.offer(own)) {
                syscalls.close(own);
            } else if (writer == null) {
                writer = Thread.ofPlatform()
                        .name("gantry-write-behind")
                        .daemon(true)
                        .start(this::run);
            }
        }
    }

    private void run() {
        while (true) {
            Integer fd = next();
            if (fd == null) {
                return;
            }
            try {
                syscalls.syncFileRange(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
            } catch (ErrnoException _) {
                // The file system has no such call or a failed disk; syncfs will tell.
            } finally {
                syscalls.close(fd);
            }
        }
    }

    private @Nullable Integer next() {
        Integer fd = null;
        try {
            fd = files.poll(LINGER_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            // Nobody interrupts this thread; if somebody does, it looks for work once more and ends.
        }
        if (fd != null) {
            return fd;
        }
        synchronized (lock) {
            fd = files.poll();
            if (fd == null) {
                writer = null;
            }
            return fd;
        }
    }
}

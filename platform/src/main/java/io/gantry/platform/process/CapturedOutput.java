package io.gantry.platform.process;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One output of a child, drained by the watcher's thread as it comes: kept up to a limit, the rest read and dropped, so
 * that the child never blocks on a full pipe.
 */
final class CapturedOutput implements AutoCloseable {
    private static final int CHUNK = 16384;

    private final Syscalls syscalls;
    private final Fd readEnd;
    private final int limit;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(256);
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean truncated;
    private FdWatcher.@Nullable Registration registration;

    private CapturedOutput(Syscalls syscalls, ChildDescriptors.Captured captured) {
        this.syscalls = syscalls;
        this.readEnd = captured.readEnd();
        this.limit = captured.limit();
    }

    /** Takes the read end over and begins to drain it. An output that is not captured is empty and at its end. */
    static CapturedOutput drain(Syscalls syscalls, FdWatcher watcher, ChildDescriptors.Captured captured) {
        CapturedOutput output = new CapturedOutput(syscalls, captured);
        synchronized (output) {
            output.registration = watcher.watch(output.readEnd.number(), LinuxConstants.EPOLLIN, output::onReady);
        }
        return output;
    }

    /** On the watcher's thread: one chunk, so that a busy child does not keep others waiting. */
    private void onReady() {
        byte[] chunk = new byte[CHUNK];
        int count;
        try {
            count = syscalls.read(readEnd.number(), chunk, 0, CHUNK);
        } catch (ErrnoException e) {
            if (e.is(Errno.EAGAIN)) {
                return;
            }
            count = 0;
        }
        if (count == 0) {
            close();
            return;
        }
        keep(chunk, count);
    }

    private synchronized void keep(byte[] chunk, int count) {
        int room = Math.min(count, limit - kept.size());
        if (room > 0) {
            kept.write(chunk, 0, room);
        }
        truncated |= room < count;
    }

    synchronized byte[] content() {
        return kept.toByteArray();
    }

    synchronized boolean isTruncated() {
        return truncated;
    }

    /** Waits for end of file. @return false when the time passed first */
    boolean awaitEnd(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** Stops reading and closes the pipe; what was kept stays. */
    @Override
    public void close() {
        FdWatcher.Registration current;
        synchronized (this) {
            current = registration;
            registration = null;
        }
        if (current != null) {
            current.close();
            readEnd.close();
            ended.countDown();
        }
    }
}

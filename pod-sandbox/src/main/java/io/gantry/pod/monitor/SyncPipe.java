package io.gantry.pod.monitor;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The pipe on which conmon says one line of JSON ({@code _OCI_SYNCPIPE}, conmon(8)). Read on the shared watcher thread. */
final class SyncPipe implements AutoCloseable {
    private static final int MAX_LINE = 64 << 10;

    private final Syscalls syscalls;
    private final Fd readEnd;
    private final Fd writeEnd;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final CompletableFuture<String> line = new CompletableFuture<>();
    private volatile FdWatcher.@Nullable Registration registration;

    SyncPipe(Syscalls syscalls) {
        this.syscalls = syscalls;
        int[] ends = syscalls.pipe2(LinuxConstants.O_CLOEXEC);
        this.readEnd = new Fd(syscalls, ends[0]);
        this.writeEnd = new Fd(syscalls, ends[1]);
    }

    /** The descriptor to hand to conmon. */
    int childEnd() {
        return writeEnd.number();
    }

    /**
     * The other end, for conmon to hold too and not to use: conmon does not ignore SIGPIPE, and would die of its line when
     * the daemon was killed before it.
     */
    int heldEnd() {
        return readEnd.number();
    }

    /** To be called once conmon was started: closes this side's copy of the write end and begins to read. */
    void startReading(FdWatcher watcher) {
        writeEnd.close();
        registration = watcher.watch(readEnd.number(), LinuxConstants.EPOLLIN, this::readMore);
    }

    private void readMore() {
        byte[] buffer = new byte[4096];
        try {
            int count = syscalls.read(readEnd.number(), buffer, 0, buffer.length);
            if (count > 0) {
                received.write(buffer, 0, count);
            }
            String text = received.toString(StandardCharsets.UTF_8);
            if (count <= 0 || text.indexOf('\n') >= 0 || received.size() > MAX_LINE) {
                finish(text.strip());
            }
        } catch (RuntimeException e) {
            finish(received.toString(StandardCharsets.UTF_8).strip());
        }
    }

    private void finish(String text) {
        FdWatcher.Registration current = registration;
        if (current != null) {
            current.close();
        }
        line.complete(text);
    }

    /**
     * The line, or an empty text when conmon ended without one.
     *
     * @throws TimeoutException when the deadline passed first
     */
    String await(Deadline deadline) throws InterruptedException, TimeoutException {
        try {
            return deadline.isNone()
                    ? line.get()
                    : line.get(Math.max(1, deadline.remaining().toNanos()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        FdWatcher.Registration current = registration;
        if (current != null) {
            current.close();
        }
        writeEnd.close();
        readEnd.close();
    }
}

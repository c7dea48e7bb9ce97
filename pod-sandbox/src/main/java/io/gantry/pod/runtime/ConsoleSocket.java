package io.gantry.pod.runtime;

import io.gantry.platform.linux.BlockingCalls;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Where an OCI runtime hands over the master of the pty that it made for a process ({@code --console-socket}, see
 * docs/terminals.md of runc).
 */
final class ConsoleSocket implements AutoCloseable {
    private final Syscalls syscalls;
    private final Fd listener;

    private ConsoleSocket(Syscalls syscalls, Fd listener) {
        this.syscalls = syscalls;
        this.listener = listener;
    }

    /** Listens at a path where nothing is yet; the file is the caller's to remove. */
    static ConsoleSocket listen(Syscalls syscalls, Path path) {
        int type = LinuxConstants.SOCK_STREAM | LinuxConstants.SOCK_CLOEXEC | LinuxConstants.SOCK_NONBLOCK;
        Fd listener = new Fd(syscalls, syscalls.socket(LinuxConstants.AF_UNIX, type, 0));
        try {
            syscalls.bindUnix(listener.number(), path.toString());
            syscalls.listen(listener.number(), 1);
            return new ConsoleSocket(syscalls, listener);
        } catch (RuntimeException e) {
            listener.close();
            throw e;
        }
    }

    /**
     * Waits for the master.
     *
     * @param ended completes when the runtime has ended
     * @return the master, which does not block and is the caller's; null when the runtime ended without it
     */
    @Nullable
    Fd receive(CompletableFuture<?> ended) throws InterruptedException {
        CompletableFuture<Boolean> connected = new CompletableFuture<>();
        // One-shot, because the callback only says so and leaves the connection waiting.
        int events = LinuxConstants.EPOLLIN | LinuxConstants.EPOLLONESHOT;
        try (FdWatcher.Registration ignored =
                FdWatcher.shared().watch(listener.number(), events, () -> connected.completeAsync(() -> true))) {
            Object unused = CompletableFuture.anyOf(connected, ended).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
        if (syscalls.poll(listener.number(), LinuxConstants.EPOLLIN, 0) == 0) {
            return null;
        }
        try (Fd connection = new Fd(syscalls, syscalls.accept4(listener.number(), LinuxConstants.SOCK_CLOEXEC))) {
            List<Integer> received = BlockingCalls.call(() -> syscalls.receiveFds(connection.number()));
            if (received.isEmpty()) {
                return null;
            }
            received.stream().skip(1).forEach(surplus -> new Fd(syscalls, surplus).close());
            return nonBlocking(new Fd(syscalls, received.getFirst()));
        }
    }

    private Fd nonBlocking(Fd master) {
        try {
            syscalls.fcntl(master.number(), LinuxConstants.F_SETFL, LinuxConstants.O_NONBLOCK);
            return master;
        } catch (ErrnoException e) {
            master.close();
            throw e;
        }
    }

    @Override
    public void close() {
        listener.close();
    }
}

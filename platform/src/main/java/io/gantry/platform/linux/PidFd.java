package io.gantry.platform.linux;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A process of any parent, held by a pidfd: signals never reach another process that got the same pid later.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/pidfd_open.2.html">pidfd_open(2)</a>
 */
public final class PidFd implements AutoCloseable {
    private final Syscalls syscalls;
    private final FdWatcher watcher;
    private final int pid;
    private final Fd fd;
    private @Nullable CompletableFuture<Void> exited;
    private FdWatcher.@Nullable Registration registration;
    private boolean closed;

    private PidFd(Syscalls syscalls, FdWatcher watcher, int pid, Fd fd) {
        this.syscalls = syscalls;
        this.watcher = watcher;
        this.pid = pid;
        this.fd = fd;
    }

    /** The process with this pid, or empty when there is none. @throws ErrnoException when descriptors ran out */
    public static Optional<PidFd> open(int pid) {
        return open(JnaSyscalls.instance(), FdWatcher.shared(), pid);
    }

    /** This very process, or empty when it has been reaped, also when its pid belongs to another one now. */
    public static Optional<PidFd> open(ProcessIdentity identity) {
        Optional<PidFd> found = open(identity.pid());
        if (found.isPresent() && !identity.exists()) {
            found.get().close();
            return Optional.empty();
        }
        return found;
    }

    static Optional<PidFd> open(Syscalls syscalls, FdWatcher watcher, int pid) {
        if (pid <= 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(new PidFd(syscalls, watcher, pid, new Fd(syscalls, syscalls.pidfdOpen(pid))));
        } catch (ErrnoException e) {
            // EINVAL: the number is that of a thread that does not lead a process.
            if (e.is(Errno.ESRCH) || e.is(Errno.EINVAL)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    public int pid() {
        return pid;
    }

    /** The descriptor, for {@code setns} and the like; it stays with this object. */
    public int number() {
        return fd.number();
    }

    /**
     * Completes when the process has ended (it may be a zombie still). Completed on a virtual thread of its own, so
     * dependents may block. Never completes once this object is closed.
     */
    public synchronized CompletableFuture<Void> exited() {
        if (exited == null) {
            CompletableFuture<Void> future = new CompletableFuture<>();
            exited = future;
            if (!closed) {
                registration = watcher.watch(fd.number(), LinuxConstants.EPOLLIN, () -> onExit(future));
            }
        }
        return exited;
    }

    private void onExit(CompletableFuture<Void> future) {
        endWatch();
        Thread.ofVirtual().name("exit-of-" + pid).start(() -> future.complete(null));
    }

    private void endWatch() {
        FdWatcher.Registration current;
        synchronized (this) {
            current = registration;
            registration = null;
        }
        if (current != null) {
            current.close();
        }
    }

    /** Whether the process has not ended; a zombie has. */
    public synchronized boolean isAlive() {
        return !closed && syscalls.poll(fd.number(), LinuxConstants.POLLIN, 0) == 0;
    }

    /** Sends a signal. @return false when the process has ended */
    public synchronized boolean signal(int signal) {
        if (closed) {
            throw new IllegalStateException("pidfd of " + pid + " is closed");
        }
        try {
            syscalls.pidfdSendSignal(fd.number(), signal);
            return true;
        } catch (ErrnoException e) {
            if (e.is(Errno.ESRCH)) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        endWatch();
        synchronized (this) {
            closed = true;
            fd.close();
        }
    }
}

package io.gantry.platform.linux;

import java.util.concurrent.atomic.AtomicBoolean;

/** An open descriptor that is closed once, however often {@link #close()} is called. */
public final class Fd implements AutoCloseable {
    private final Syscalls syscalls;
    private final int number;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Takes over a descriptor. */
    public Fd(Syscalls syscalls, int number) {
        this.syscalls = syscalls;
        this.number = number;
    }

    /** The number, for system calls. @throws IllegalStateException when closed: the number may be another file by now */
    public int number() {
        if (closed.get()) {
            throw new IllegalStateException("descriptor " + number + " is closed");
        }
        return number;
    }

    /** Gives the descriptor away: it is the caller's to close now. */
    public int release() {
        if (!closed.compareAndSet(false, true)) {
            throw new IllegalStateException("descriptor " + number + " is closed");
        }
        return number;
    }

    /** Closes it; an error of close(2) is ignored, because the descriptor is gone all the same. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            closeQuietly(syscalls, number);
        }
    }

    static void closeQuietly(Syscalls syscalls, int number) {
        try {
            syscalls.close(number);
        } catch (ErrnoException e) {
            if (e.is(Errno.EBADF)) {
                throw new IllegalStateException("descriptor " + number + " was closed by someone else", e);
            }
        }
    }

    @Override
    public String toString() {
        return "descriptor " + number;
    }
}

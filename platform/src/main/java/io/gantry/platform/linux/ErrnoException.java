package io.gantry.platform.linux;

import io.gantry.platform.error.GantryException;
import java.io.Serial;

/**
 * A system call that failed. It may be thrown by {@link Syscalls} only; whoever calls across a module border turns it
 * into a {@link GantryException} with {@link #during(String)}.
 */
public final class ErrnoException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int errno;
    private final String call;
    private final String subject;

    /**
     * @param errno one of {@link Errno}
     * @param call name of the system call
     * @param subject path, descriptor or process that it was about
     */
    public ErrnoException(int errno, String call, String subject) {
        super(call + " " + subject + ": " + Errno.describe(errno));
        this.errno = errno;
        this.call = call;
        this.subject = subject;
    }

    public int errno() {
        return errno;
    }

    /** The error in words: {@code "no such file or directory"}. */
    public String errorName() {
        return Errno.describe(errno);
    }

    public String call() {
        return call;
    }

    public String subject() {
        return subject;
    }

    public boolean is(int number) {
        return errno == number;
    }

    /**
     * The failure as the outside sees it.
     *
     * @param action what was being done, with its subject: {@code "mount rootfs of 3f2a"}
     */
    public GantryException during(String action) {
        return GantryException.of(Errno.kind(errno), action, call + " " + subject + ": " + Errno.describe(errno))
                .causedBy(this);
    }
}

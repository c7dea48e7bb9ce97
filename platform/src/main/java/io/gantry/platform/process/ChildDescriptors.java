package io.gantry.platform.process;

import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command.Stdio;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors that a child is to get, made ready in this process: a memfd for input bytes, pipes for captured output,
 * {@code /dev/null}, and copies of those whose numbers would collide with numbers in the child. Closing gives back
 * everything that was opened here and not taken.
 */
final class ChildDescriptors implements AutoCloseable {
    /** The read end of a captured output. */
    record Captured(Fd readEnd, int limit) {}

    private final Syscalls syscalls;
    private final int[] inChild;
    private final List<Fd> owned = new ArrayList<>();
    private @Nullable Captured stdout;
    private @Nullable Captured stderr;

    private ChildDescriptors(Syscalls syscalls, int count) {
        this.syscalls = syscalls;
        this.inChild = new int[count];
    }

    static ChildDescriptors open(Syscalls syscalls, Command command) {
        ChildDescriptors descriptors =
                new ChildDescriptors(syscalls, 3 + command.extraFds().size());
        try {
            descriptors.prepare(command);
            return descriptors;
        } catch (RuntimeException | Error e) {
            descriptors.close();
            throw e;
        }
    }

    private void prepare(Command command) {
        set(0, input(command.stdin()));
        set(1, output(command.stdout(), 1));
        set(2, output(command.stderr(), 2));
        command.extraFds().forEach((number, fd) -> {
            if (number < 3 || number >= inChild.length) {
                throw new IllegalArgumentException("extra descriptors must be numbered from 3 without a gap: "
                        + command.extraFds().keySet());
            }
            set(number, fd);
        });
    }

    private void set(int number, int fd) {
        inChild[number] =
                fd >= inChild.length ? fd : own(syscalls.fcntl(fd, LinuxConstants.F_DUPFD_CLOEXEC, inChild.length));
    }

    private int own(int fd) {
        owned.add(new Fd(syscalls, fd));
        return fd;
    }

    private int input(Stdio stdin) {
        return switch (stdin) {
            case Stdio.Null ignored -> devNull();
            case Stdio.Bytes bytes -> memory(bytes.content());
            case Stdio.Descriptor descriptor -> descriptor.fd();
            case Stdio.Capture ignored -> throw new IllegalArgumentException("standard input cannot be captured");
        };
    }

    private int output(Stdio output, int number) {
        return switch (output) {
            case Stdio.Null ignored -> devNull();
            case Stdio.Descriptor descriptor -> descriptor.fd();
            case Stdio.Capture capture -> pipe(capture.maxBytes(), number);
            case Stdio.Bytes ignored -> throw new IllegalArgumentException("an output cannot be given bytes");
        };
    }

    private int devNull() {
        return own(syscalls.openat(
                LinuxConstants.AT_FDCWD, "/dev/null", LinuxConstants.O_RDWR | LinuxConstants.O_CLOEXEC, 0));
    }

    /** Written with pwrite, so that the child reads from the start. */
    private int memory(byte[] content) {
        int fd = own(syscalls.memfdCreate("gantry-stdin", LinuxConstants.MFD_CLOEXEC));
        for (int at = 0; at < content.length; ) {
            at += syscalls.pwrite(fd, content, at, content.length - at, at);
        }
        return fd;
    }

    private int pipe(int limit, int number) {
        int[] ends = syscalls.pipe2(LinuxConstants.O_CLOEXEC);
        own(ends[1]);
        Captured captured = new Captured(new Fd(syscalls, ends[0]), limit);
        if (number == 1) {
            stdout = captured;
        } else {
            stderr = captured;
        }
        // Only this end: the child gets a pipe that blocks as usual.
        syscalls.fcntl(ends[0], LinuxConstants.F_SETFL, LinuxConstants.O_NONBLOCK);
        return ends[1];
    }

    /** Index is the child's number, element the number here. */
    int[] inChild() {
        return inChild.clone();
    }

    /** The read end of standard output, which is the caller's now; null when it is not captured. */
    @Nullable
    Captured takeStdout() {
        Captured taken = stdout;
        stdout = null;
        return taken;
    }

    /** The read end of standard error, which is the caller's now; null when it is not captured. */
    @Nullable
    Captured takeStderr() {
        Captured taken = stderr;
        stderr = null;
        return taken;
    }

    @Override
    public void close() {
        owned.forEach(Fd::close);
        if (stdout != null) {
            stdout.readEnd().close();
        }
        if (stderr != null) {
            stderr.readEnd().close();
        }
    }
}

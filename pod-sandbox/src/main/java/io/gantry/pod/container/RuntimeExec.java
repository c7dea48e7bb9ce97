package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Pty;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command.Stdio;
import io.gantry.pod.runtime.ExecSession;
import io.gantry.pod.runtime.OciRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A command under {@code runtime exec}, whose own process lives as long as the command and passes on its exit code.
 *
 * <p>Without a terminal the runtime gets three pipes. With one it gets the terminal of a pty of ours as all three; the
 * command's own terminal is the one that the runtime makes inside the container, between which and ours it copies. So it
 * is with runc 1.1 and 1.5 and with crun 1.8: {@code --console-socket} would hand us the inner one without the copy, but runc
 * accepts it only together with {@code --detach}, and then nobody but a subreaper gets the exit code. Both runtimes put
 * our terminal into raw mode and take over its size when SIGWINCH reaches them, which it does not on its own: the runtime
 * has no controlling terminal, so it is sent after every change.
 */
final class RuntimeExec implements RunningExec {
    private static final Logger log = LoggerFactory.getLogger(RuntimeExec.class);

    private final ExecSession session;
    private final @Nullable Pty pty;
    private final @Nullable Fd stdin;
    private final @Nullable Fd stdout;
    private final @Nullable Fd stderr;
    private final AtomicBoolean closed = new AtomicBoolean();

    private RuntimeExec(
            ExecSession session, @Nullable Pty pty, @Nullable Fd stdin, @Nullable Fd stdout, @Nullable Fd stderr) {
        this.session = session;
        this.pty = pty;
        this.stdin = stdin;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    /**
     * Starts the command; nothing is left on failure.
     *
     * @param process as {@link io.gantry.pod.spec.OciSpec#execProcess} makes it
     */
    static RuntimeExec start(
            Syscalls syscalls, OciRuntime runtime, String containerId, ObjectNode process, ExecRequest request) {
        try (Descriptors descriptors = new Descriptors(syscalls)) {
            return request.tty()
                    ? onTerminal(descriptors, runtime, containerId, process, request)
                    : onPipes(descriptors, runtime, containerId, process, request);
        } catch (ErrnoException e) {
            throw e.during("exec in container " + containerId);
        }
    }

    private static RuntimeExec onTerminal(
            Descriptors descriptors, OciRuntime runtime, String containerId, ObjectNode process, ExecRequest request) {
        Pty pty = descriptors.pty();
        Fd input = request.stdin() ? descriptors.copy(pty.master()) : null;
        Fd output = descriptors.copy(pty.master());
        Stdio terminal = new Stdio.Descriptor(pty.terminal().number());
        ExecSession session = runtime.exec(containerId, process, terminal, terminal, terminal);
        pty.terminal().close();
        descriptors.keep();
        return new RuntimeExec(session, pty, input, output, null);
    }

    private static RuntimeExec onPipes(
            Descriptors descriptors, OciRuntime runtime, String containerId, ObjectNode process, ExecRequest request) {
        Fd[] input = request.stdin() ? descriptors.pipe(1) : null;
        Fd[] output = request.stdout() ? descriptors.pipe(0) : null;
        Fd[] errors = request.stderr() ? descriptors.pipe(0) : null;
        ExecSession session = runtime.exec(
                containerId,
                process,
                input == null ? new Stdio.Null() : new Stdio.Descriptor(input[0].number()),
                output == null ? new Stdio.Null() : new Stdio.Descriptor(output[1].number()),
                errors == null ? new Stdio.Null() : new Stdio.Descriptor(errors[1].number()));
        descriptors.keep();
        return new RuntimeExec(session, null, ours(input, 1), ours(output, 0), ours(errors, 0));
    }

    /** Keeps our end of a pipe and closes the one that the child has by now. */
    private static @Nullable Fd ours(Fd @Nullable [] ends, int index) {
        if (ends == null) {
            return null;
        }
        ends[1 - index].close();
        return ends[index];
    }

    @Override
    public @Nullable Fd stdin() {
        return stdin;
    }

    @Override
    public @Nullable Fd stdout() {
        return stdout;
    }

    @Override
    public @Nullable Fd stderr() {
        return stderr;
    }

    @Override
    public boolean isTerminal() {
        return pty != null;
    }

    @Override
    public synchronized void resize(int width, int height) {
        if (pty == null || closed.get()) {
            return;
        }
        try {
            pty.resize(width, height);
            session.runtime().signal(Signals.SIGWINCH);
        } catch (ErrnoException e) {
            log.debug("terminal not resized: width={} height={} error=\"{}\"", width, height, e.getMessage());
        }
    }

    @Override
    public int await() throws InterruptedException {
        return session.await(Deadline.NONE).exitCode();
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            if (!session.runtime().exited().isDone()) {
                session.kill();
            }
        } finally {
            closeDescriptors();
            session.close();
        }
    }

    private synchronized void closeDescriptors() {
        for (Fd fd : new @Nullable Fd[] {stdin, stdout, stderr}) {
            if (fd != null) {
                fd.close();
            }
        }
        if (pty != null) {
            pty.close();
        }
    }

    /** What was opened so far, closed again unless the command has started. */
    private static final class Descriptors implements AutoCloseable {
        private final Syscalls syscalls;
        private final List<AutoCloseable> opened = new ArrayList<>();

        Descriptors(Syscalls syscalls) {
            this.syscalls = syscalls;
        }

        Pty pty() {
            Pty pty = Pty.open(syscalls);
            opened.add(pty);
            return pty;
        }

        Fd copy(Fd fd) {
            return added(syscalls.dup(fd.number()));
        }

        /** A pipe of which the end with that index does not block; the child gets an end that does, as usual. */
        Fd[] pipe(int ours) {
            int[] ends = syscalls.pipe2(LinuxConstants.O_CLOEXEC);
            Fd[] pipe = {added(ends[0]), added(ends[1])};
            syscalls.fcntl(ends[ours], LinuxConstants.F_SETFL, LinuxConstants.O_NONBLOCK);
            return pipe;
        }

        private Fd added(int number) {
            Fd fd = new Fd(syscalls, number);
            opened.add(fd);
            return fd;
        }

        void keep() {
            opened.clear();
        }

        @Override
        public void close() {
            for (AutoCloseable resource : opened) {
                switch (resource) {
                    case Pty pty -> pty.close();
                    case Fd fd -> fd.close();
                    default -> throw new IllegalStateException("unknown resource " + resource);
                }
            }
        }
    }
}

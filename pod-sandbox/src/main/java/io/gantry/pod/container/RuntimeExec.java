package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Pty;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command.Stdio;
import io.gantry.pod.runtime.ConsoleExec;
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
 * <p>Without a terminal the runtime gets three pipes. With one, it depends on the runtime, as tried with runc 1.1.5 and 1.5.2
 * and crun 1.8.1:
 *
 * <ul>
 *   <li>crun takes {@code --console-socket} and still waits for the command: we get the master of the pty that it makes in
 *       the container, without anything in between. (crun before 1.10 could not be told the size in any other way.)
 *   <li>runc refuses {@code --console-socket} without {@code --detach}, and with it nobody but a subreaper gets the exit
 *       code. So it gets the terminal of a pty of ours as its three descriptors, puts it into raw mode, and copies between
 *       it and the one in the container. It takes over the size when SIGWINCH reaches it, which does not happen on its own:
 *       it has no controlling terminal, so it is sent after every change.
 * </ul>
 */
final class RuntimeExec implements RunningExec {
    private static final Logger log = LoggerFactory.getLogger(RuntimeExec.class);

    private final ExecSession session;
    private final boolean onTerminal;
    private final @Nullable Pty pty;
    private final @Nullable Fd stdin;
    private final @Nullable Fd stdout;
    private final @Nullable Fd stderr;
    private final AtomicBoolean closed = new AtomicBoolean();

    private RuntimeExec(
            ExecSession session,
            boolean onTerminal,
            @Nullable Pty pty,
            @Nullable Fd stdin,
            @Nullable Fd stdout,
            @Nullable Fd stderr) {
        this.session = session;
        this.onTerminal = onTerminal;
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
            Syscalls syscalls, OciRuntime runtime, String containerId, ObjectNode process, ExecRequest request)
            throws InterruptedException {
        try (Descriptors descriptors = new Descriptors(syscalls)) {
            if (!request.tty()) {
                return onPipes(descriptors, runtime, containerId, process, request);
            }
            return runtime.handsOverConsoles()
                    ? onItsTerminal(descriptors, runtime, containerId, process, request)
                    : onOurTerminal(descriptors, runtime, containerId, process, request);
        } catch (ErrnoException e) {
            throw e.during("exec in container " + containerId);
        }
    }

    private static RuntimeExec onOurTerminal(
            Descriptors descriptors, OciRuntime runtime, String containerId, ObjectNode process, ExecRequest request) {
        Pty pty = descriptors.pty();
        // The runtime copies to a terminal in the container, but makes ours raw only later: what is typed before would
        // be
        // shown twice, and an end of input would become a NUL.
        pty.makeRaw();
        Fd input = request.stdin() ? descriptors.copy(pty.master()) : null;
        Fd output = descriptors.copy(pty.master());
        Stdio terminal = new Stdio.Descriptor(pty.terminal().number());
        ExecSession session = runtime.exec(containerId, process, terminal, terminal, terminal);
        pty.terminal().close();
        descriptors.keep();
        return new RuntimeExec(session, true, pty, input, output, null);
    }

    private static RuntimeExec onItsTerminal(
            Descriptors descriptors, OciRuntime runtime, String containerId, ObjectNode process, ExecRequest request)
            throws InterruptedException {
        ConsoleExec exec = runtime.execOnConsole(containerId, process);
        Fd master = exec.terminal();
        if (master == null) { // it has ended, and await() tells why
            return new RuntimeExec(exec.session(), true, null, null, null, null);
        }
        boolean kept = false;
        Pty pty = descriptors.pty(master);
        try {
            Fd input = request.stdin() ? descriptors.copy(master) : null;
            Fd output = descriptors.copy(master);
            descriptors.keep();
            kept = true;
            return new RuntimeExec(exec.session(), true, pty, input, output, null);
        } finally {
            if (!kept) {
                exec.session().kill();
                exec.session().close();
            }
        }
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
        return new RuntimeExec(session, false, null, ours(input, 1), ours(output, 0), ours(errors, 0));
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
        return onTerminal;
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

        Pty pty(Fd master) {
            Pty pty = Pty.ofMaster(syscalls, master);
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

package io.gantry.cri.streaming;

import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Pty;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.Command.Stdio;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.pod.container.ExecRequest;
import io.gantry.pod.container.RunningExec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A command on this host in place of one in a container. */
final class HostExec implements RunningExec {
    private final List<Fd> fds = new ArrayList<>();
    private final RunningProcess process;
    private final @Nullable Pty pty;
    private @Nullable Fd stdin;
    private @Nullable Fd stdout;
    private @Nullable Fd stderr;
    private volatile boolean closed;

    private HostExec(Syscalls syscalls, ExecRequest request) {
        Stdio none = new Stdio.Null();
        Command command = Command.of(request.command()).withStdout(none).withStderr(none);
        List<Fd> childs = new ArrayList<>();
        if (request.tty()) {
            pty = Pty.open(syscalls);
            Stdio terminal = new Stdio.Descriptor(pty.terminal().number());
            command = command.withStdin(terminal).withStdout(terminal).withStderr(terminal);
            stdin = request.stdin()
                    ? own(new Fd(syscalls, syscalls.dup(pty.master().number())))
                    : null;
            stdout = own(new Fd(syscalls, syscalls.dup(pty.master().number())));
            childs.add(pty.terminal());
        } else {
            pty = null;
            if (request.stdin()) {
                Fd[] pipe = pipe(syscalls, 1);
                stdin = own(pipe[1]);
                childs.add(pipe[0]);
                command = command.withStdin(new Stdio.Descriptor(pipe[0].number()));
            }
            if (request.stdout()) {
                Fd[] pipe = pipe(syscalls, 0);
                stdout = own(pipe[0]);
                childs.add(pipe[1]);
                command = command.withStdout(new Stdio.Descriptor(pipe[1].number()));
            }
            if (request.stderr()) {
                Fd[] pipe = pipe(syscalls, 0);
                stderr = own(pipe[0]);
                childs.add(pipe[1]);
                command = command.withStderr(new Stdio.Descriptor(pipe[1].number()));
            }
        }
        process = SpawnProcessRunner.shared().start(command);
        childs.forEach(Fd::close);
    }

    static HostExec start(Syscalls syscalls, ExecRequest request) {
        return new HostExec(syscalls, request);
    }

    private static Fd[] pipe(Syscalls syscalls, int ours) {
        int[] ends = syscalls.pipe2(LinuxConstants.O_CLOEXEC);
        syscalls.fcntl(ends[ours], LinuxConstants.F_SETFL, LinuxConstants.O_NONBLOCK);
        return new Fd[] {new Fd(syscalls, ends[0]), new Fd(syscalls, ends[1])};
    }

    private Fd own(Fd fd) {
        fds.add(fd);
        return fd;
    }

    RunningProcess process() {
        return process;
    }

    boolean isClosed() {
        return closed;
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
    public void resize(int width, int height) {
        if (pty != null) {
            pty.resize(width, height);
            process.signal(Signals.SIGWINCH);
        }
    }

    @Override
    public int await() throws InterruptedException {
        try {
            return process.exited().get().code();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            process.killGroup();
            throw e;
        }
    }

    @Override
    public void close() {
        process.killGroup();
        fds.forEach(Fd::close);
        if (pty != null) {
            pty.close();
        }
        process.close();
        closed = true;
    }
}

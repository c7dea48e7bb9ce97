package io.gantry.platform.process;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.linux.WaitStatus;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A child made by {@link SpawnProcessRunner}. The watcher's thread reaps it by pidfd when it ends, whether anyone waits or
 * not, so no zombie stays and no exit code of another child is taken.
 */
final class SpawnedProcess implements RunningProcess {
    /** How long the pipes are read on after the end, for children that keep them open. */
    private static final long DRAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** After SIGKILL only a process that hangs in the kernel lives on. */
    private static final long KILL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Syscalls syscalls;
    private final int pid;
    private final String name;
    private final Fd pidfd;
    private final @Nullable CapturedOutput stdout;
    private final @Nullable CapturedOutput stderr;
    private final CountDownLatch reaped = new CountDownLatch(1);
    private final CompletableFuture<ExitStatus> exited = new CompletableFuture<>();
    private @Nullable ExitStatus status;
    private boolean groupGone;
    private boolean closed;
    private FdWatcher.@Nullable Registration registration;

    private SpawnedProcess(
            Syscalls syscalls,
            int pid,
            String name,
            Fd pidfd,
            @Nullable CapturedOutput stdout,
            @Nullable CapturedOutput stderr) {
        this.syscalls = syscalls;
        this.pid = pid;
        this.name = name;
        this.pidfd = pidfd;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    /**
     * Takes over a child that was just started, and the read ends of its outputs. When the descriptors for that are not
     * to be had, the child is killed and reaped, and the read ends are closed.
     */
    static SpawnedProcess adopt(
            Syscalls syscalls,
            FdWatcher watcher,
            int pid,
            String name,
            ChildDescriptors.@Nullable Captured out,
            ChildDescriptors.@Nullable Captured err) {
        Fd pidfd = null;
        CapturedOutput stdout = null;
        CapturedOutput stderr = null;
        try {
            pidfd = new Fd(syscalls, syscalls.pidfdOpen(pid));
            stdout = out == null ? null : CapturedOutput.drain(syscalls, watcher, out);
            stderr = err == null ? null : CapturedOutput.drain(syscalls, watcher, err);
            SpawnedProcess process = new SpawnedProcess(syscalls, pid, name, pidfd, stdout, stderr);
            process.watch(watcher);
            return process;
        } catch (RuntimeException | Error e) {
            syscalls.kill(-pid, Signals.SIGKILL);
            syscalls.waitid(LinuxConstants.P_PID, pid, LinuxConstants.WEXITED);
            closeAll(pidfd, stdout, stderr, out == null ? null : out.readEnd(), err == null ? null : err.readEnd());
            throw e;
        }
    }

    private static void closeAll(
            @Nullable Fd pidfd,
            @Nullable CapturedOutput stdout,
            @Nullable CapturedOutput stderr,
            @Nullable Fd outEnd,
            @Nullable Fd errEnd) {
        if (stdout != null) {
            stdout.close();
        }
        if (stderr != null) {
            stderr.close();
        }
        for (Fd fd : new @Nullable Fd[] {pidfd, outEnd, errEnd}) {
            if (fd != null) {
                fd.close();
            }
        }
    }

    private synchronized void watch(FdWatcher watcher) {
        registration = watcher.watch(pidfd.number(), LinuxConstants.EPOLLIN, this::onExit);
    }

    /** On the watcher's thread. */
    private void onExit() {
        ExitStatus ended = reap();
        if (ended == null) {
            return;
        }
        reaped.countDown();
        // Dependents of the future may block; the watcher's thread must not.
        if (exited.getNumberOfDependents() == 0) {
            exited.complete(ended);
        } else {
            Thread.ofVirtual().name("exit-of-" + pid).start(() -> exited.complete(ended));
        }
    }

    private synchronized @Nullable ExitStatus reap() {
        WaitStatus wait = syscalls.waitid(
                LinuxConstants.P_PIDFD, pidfd.number(), LinuxConstants.WEXITED | LinuxConstants.WNOHANG);
        if (wait == null) {
            return null;
        }
        ExitStatus ended = wait.isSignalled()
                ? new ExitStatus(128 + wait.status(), wait.status())
                : new ExitStatus(wait.status(), 0);
        status = ended;
        // A group that outlived its leader keeps the number taken; one that did not may be another's soon.
        groupGone = !exists(-pid);
        if (registration != null) {
            registration.close();
            registration = null;
        }
        if (closed) {
            pidfd.close();
        }
        return ended;
    }

    private boolean exists(int processOrGroup) {
        try {
            syscalls.kill(processOrGroup, 0);
            return true;
        } catch (ErrnoException e) {
            return !e.is(Errno.ESRCH);
        }
    }

    @Override
    public int pid() {
        return pid;
    }

    @Override
    public synchronized CompletableFuture<ExitStatus> exited() {
        // After the end no dependent is added to the inner future, which the watcher's thread may be about to complete.
        return status == null ? exited.copy() : CompletableFuture.completedFuture(status);
    }

    @Override
    public byte[] stdout() {
        return stdout == null ? new byte[0] : stdout.content();
    }

    @Override
    public byte[] stderr() {
        return stderr == null ? new byte[0] : stderr.content();
    }

    @Override
    public synchronized void signal(int signal) {
        if (status != null || closed) {
            return;
        }
        try {
            syscalls.pidfdSendSignal(pidfd.number(), signal);
        } catch (ErrnoException e) {
            if (!e.is(Errno.ESRCH)) {
                throw e.during("signal " + name + " (process " + pid + ") with " + Signals.name(signal));
            }
        }
    }

    @Override
    public synchronized void killGroup() {
        // Unreaped, the leader itself holds the number. Reaped, its group does while it has members: then no process
        // has
        // the number as its pid.
        if (status != null && (groupGone || exists(pid))) {
            return;
        }
        try {
            syscalls.kill(-pid, Signals.SIGKILL);
        } catch (ErrnoException e) {
            if (!e.is(Errno.ESRCH)) {
                throw e.during("kill process group of " + name + " (" + pid + ")");
            }
            groupGone = status != null;
        }
    }

    @Override
    public ProcessResult waitFor(Deadline deadline) throws InterruptedException {
        boolean timedOut = false;
        try {
            if (!reaped.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                timedOut = true;
                killAndReap();
            }
            long drainUntil = System.nanoTime() + DRAIN_NANOS;
            for (CapturedOutput output : new @Nullable CapturedOutput[] {stdout, stderr}) {
                if (output != null) {
                    output.awaitEnd(drainUntil - System.nanoTime());
                }
            }
        } catch (InterruptedException e) {
            killAndReap();
            throw e;
        }
        return new ProcessResult(endStatus(), stdout(), stderr(), timedOut, isTruncated());
    }

    private synchronized ExitStatus endStatus() {
        if (status == null) {
            throw new IllegalStateException("process " + pid + " was not reaped");
        }
        return status;
    }

    private boolean isTruncated() {
        return stdout != null && stdout.isTruncated() || stderr != null && stderr.isTruncated();
    }

    private void killAndReap() {
        killGroup();
        boolean interrupted = false;
        long until = System.nanoTime() + KILL_NANOS;
        try {
            while (true) {
                try {
                    if (!reaped.await(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                        throw GantryException.of(
                                        ErrorKind.DEADLINE_EXCEEDED,
                                        "kill " + name + " (process " + pid + ")",
                                        "it has not ended 10 s after SIGKILL, so it hangs in the kernel")
                                .withRemedy("see /proc/" + pid + "/stack for where; it is reaped when it ends");
                    }
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A process that has not ended goes on, and is reaped when it ends; what it writes to a captured output is lost. */
    @Override
    public void close() {
        if (stdout != null) {
            stdout.close();
        }
        if (stderr != null) {
            stderr.close();
        }
        synchronized (this) {
            closed = true;
            if (status != null) {
                pidfd.close();
            }
        }
    }
}

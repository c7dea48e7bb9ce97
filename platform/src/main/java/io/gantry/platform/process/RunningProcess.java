package io.gantry.platform.process;

import io.gantry.platform.concurrent.Deadline;
import java.util.concurrent.CompletableFuture;

/**
 * A child process, held by its pidfd: it can be signalled and waited for without ever meeting a reused pid.
 * {@link #close()} gives back descriptors; it neither kills nor waits.
 */
public interface RunningProcess extends AutoCloseable {
    /** The process id, which is also its process group and session. */
    int pid();

    /** Completes when the process itself has ended and was reaped (its children may live on). */
    CompletableFuture<ExitStatus> exited();

    /** What {@link Command.Stdio.Capture} kept of standard output so far. */
    byte[] stdout();

    /** What {@link Command.Stdio.Capture} kept of standard error so far. */
    byte[] stderr();

    /** Signals the process alone; nothing happens when it has ended. */
    void signal(int signal);

    /** SIGKILL to its whole process group, also when the leader has ended already. */
    void killGroup();

    /**
     * Waits for the end. At the deadline, or when the waiting thread is interrupted, the whole process group is killed
     * and reaped first. After the process has ended, captured output is read until end of file, but no longer than 100 ms
     * past its end when a child of it keeps the pipe open.
     *
     * @throws InterruptedException when interrupted; the group was killed
     */
    ProcessResult waitFor(Deadline deadline) throws InterruptedException;

    @Override
    void close();
}

package io.gantry.pod.runtime;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.ExitStatus;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.RunningProcess;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A command that runs in a container: the runtime's own process, whose exit code is the command's, and the command with
 * all that it started.
 */
public final class ExecSession implements AutoCloseable {
    private static final Duration KILL_PATIENCE = Duration.ofSeconds(10);
    private static final Duration REAP_PATIENCE = Duration.ofSeconds(1);

    private final String containerId;
    private final RunningProcess runtime;
    private final ExecFiles files;

    ExecSession(String containerId, RunningProcess runtime, ExecFiles files) {
        this.containerId = containerId;
        this.runtime = runtime;
        this.files = files;
    }

    /** The process of the runtime; it ends with the command. */
    public RunningProcess runtime() {
        return runtime;
    }

    /**
     * Waits for the command's end.
     *
     * @throws GantryException DEADLINE_EXCEEDED at the deadline, after killing the command and all that it started;
     *     otherwise the runtime's reason for not having run it
     * @throws InterruptedException when interrupted, after killing them as well
     */
    public ExecResult await(Deadline deadline) throws InterruptedException {
        String action = "exec in container " + containerId;
        boolean ended;
        try {
            ended = waitUntil(deadline);
        } catch (InterruptedException e) {
            kill();
            throw e;
        }
        if (!ended) {
            kill();
            runtime.waitFor(Deadline.after(KILL_PATIENCE));
            throw GantryException.of(
                    ErrorKind.DEADLINE_EXCEEDED, action, "the command did not end in time and was killed");
        }
        ProcessResult result = runtime.waitFor(Deadline.NONE);
        if (!result.status().isSuccess()) {
            Optional<String> error = RuntimeErrors.lastError(files.readLog());
            if (error.isPresent()) {
                throw RuntimeErrors.of(action, error.get());
            }
            if (files.readPid().isEmpty()) {
                throw RuntimeErrors.of(action, result);
            }
        }
        return new ExecResult(result.stdout(), result.stderr(), result.status().code(), result.truncated());
    }

    private boolean waitUntil(Deadline deadline) throws InterruptedException {
        try {
            ExitStatus ignored = runtime.exited().get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("waiting for the runtime failed", e);
        }
    }

    /**
     * Kills the command and all that it started, and then the runtime; nothing happens to what has ended. The runtime is
     * stopped first: it is the command's parent, and while it does not reap the command nobody else gets the command's pid.
     * Then it may go on and reap, since a command that nobody reaps would stay in the container as a zombie.
     */
    public void kill() {
        if (!runtime.exited().isDone()) {
            runtime.signal(Signals.SIGSTOP);
            ProcessTree.killBelow(runtime.pid());
            runtime.signal(Signals.SIGCONT);
            awaitReaping();
        }
        runtime.killGroup();
    }

    /** Not cut short by an interruption, which is often why the command is killed; the flag is kept. */
    private void awaitReaping() {
        boolean interrupted = Thread.interrupted();
        try {
            ExitStatus ignored = runtime.exited().get(REAP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (TimeoutException | ExecutionException e) {
            // It is killed with its group next.
            return;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Gives back descriptors and files. What still runs goes on. */
    @Override
    public void close() {
        runtime.close();
        files.close();
    }
}

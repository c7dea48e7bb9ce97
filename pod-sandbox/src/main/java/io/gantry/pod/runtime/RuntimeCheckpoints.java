package io.gantry.pod.runtime;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Freezing, dumping and restoring the processes of containers with an OCI runtime and criu(8); the command lines of runc
 * and crun are the same here.
 */
public final class RuntimeCheckpoints {
    /** Of a dump and of a restore: connections, sockets to the outside and file locks do not make it fail. */
    private static final List<String> OPTIONS = List.of("--tcp-established", "--ext-unix-sk", "--file-locks");

    private static final Duration ABANDON_PATIENCE = Duration.ofSeconds(30);

    private final RuntimeHandler handler;
    private final ProcessRunner runner;
    private final CriuCheck check;

    RuntimeCheckpoints(RuntimeHandler handler, ProcessRunner runner) {
        this.handler = handler;
        this.runner = runner;
        this.check = new CriuCheck(handler, runner);
    }

    /**
     * Finds out whether it works on this host; costs two processes the first time.
     *
     * @throws GantryException FAILED_PRECONDITION with the reason, when it does not
     */
    public void require(String action) throws InterruptedException {
        check.require(action);
    }

    /** Freezes all processes of a container (runc-pause(8)); one that is frozen may not be frozen again. */
    public void pause(String id, String action, Deadline deadline) throws InterruptedException {
        ProcessResult result = run(deadline, List.of("pause", id));
        if (!result.isSuccess()) {
            throw RuntimeErrors.of(action + ": freeze container " + id, result);
        }
    }

    /**
     * Lets a frozen container go on; not cut short by an interruption.
     *
     * @return false when it was not frozen, has ended or is unknown
     */
    public boolean resume(String id, Deadline deadline) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    ProcessResult result = run(deadline, List.of("resume", id));
                    if (result.timedOut()) {
                        throw RuntimeErrors.of("let container " + id + " go on", result);
                    }
                    return result.isSuccess();
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

    /**
     * Writes the processes of a container to files, and lets them be (runc-checkpoint(8)). At the deadline, and when
     * interrupted, the dump is given up and the processes are as before.
     *
     * @param images directory that gets the images
     * @param work directory that gets {@code dump.log} and {@code stats-dump}
     * @throws GantryException FAILED_PRECONDITION with criu's reason when it cannot; DEADLINE_EXCEEDED;
     *     RESOURCE_EXHAUSTED when the disk is full
     */
    public void dump(String id, Path images, Path work, String action, Deadline deadline) throws InterruptedException {
        List<String> arguments = new ArrayList<>(List.of("checkpoint", "--leave-running"));
        arguments.addAll(OPTIONS);
        arguments.addAll(List.of("--image-path", images.toString(), "--work-path", work.toString(), id));
        ProcessResult result = run(deadline, arguments);
        if (result.timedOut()) {
            throw GantryException.of(ErrorKind.DEADLINE_EXCEEDED, action, "the processes were not written in time")
                    .withRemedy("allow more time");
        }
        if (!result.isSuccess()) {
            throw CriuLog.failure(action, work.resolve(CriuLog.DUMP), RuntimeErrors.message(result));
        }
    }

    /**
     * Ends a dump that goes on though its daemon was killed, and lets the container go on.
     *
     * @throws GantryException when it stays frozen
     */
    public void abandon(String id) {
        LeftProcesses.kill(handler.program(), List.of("checkpoint", id));
        boolean unused = resume(id, Deadline.after(ABANDON_PATIENCE));
    }

    /** What {@code restore} gets beyond what conmon(8) gives it, for conmon's {@code --runtime-opt}. */
    public static List<String> restoreOptions() {
        return OPTIONS;
    }

    private ProcessResult run(Deadline deadline, List<String> arguments) throws InterruptedException {
        List<String> argv = new ArrayList<>(
                List.of(handler.program().toString(), "--root", handler.root().toString()));
        argv.addAll(arguments);
        return runner.run(Command.of(argv), deadline);
    }
}

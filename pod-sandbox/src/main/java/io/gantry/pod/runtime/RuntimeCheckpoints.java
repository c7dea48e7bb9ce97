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
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Freezing, dumping and restoring the processes of containers with an OCI runtime and criu(8); the command lines of runc
 * and crun are the same here.
 */
public final class RuntimeCheckpoints {
    /** Options of a dump and of a restore: connections, sockets to the outside and file locks do not make it fail. */
    private static final List<String> OPTIONS = List.of("--tcp-established", "--ext-unix-sk", "--file-locks");

    private static final Duration ABANDON_PATIENCE = Duration.ofSeconds(30);

    private static final int RESUME_TRIES = 6;

    /** Doubled after each try. */
    private static final Duration FIRST_RESUME_PAUSE = Duration.ofMillis(50);

    private static final Logger log = LoggerFactory.getLogger(RuntimeCheckpoints.class);

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
     * Lets a frozen container go on (runc-resume(8)); not cut short by an interruption. The runtime fails for a container
     * that is not frozen as it does for one that it could not thaw, so after a failure the kernel is asked, and a container
     * that is frozen still is tried again.
     *
     * @param frozen whether the kernel holds the container's processes; false when it has ended
     * @throws GantryException when it stays frozen after several tries, or at the deadline
     */
    public void resume(String id, BooleanSupplier frozen, Deadline deadline) {
        boolean interrupted = false;
        try {
            Duration pause = FIRST_RESUME_PAUSE;
            for (int tries = 1; ; tries++) {
                try {
                    String problem = tryResume(id, deadline);
                    if (problem.isEmpty() || !frozen.getAsBoolean()) {
                        return;
                    }
                    if (tries == RESUME_TRIES || deadline.isExpired()) {
                        throw staysFrozen(id, problem);
                    }
                    log.warn("container is frozen still: container={} error=\"{}\"", id, problem);
                    Thread.sleep(pause);
                    pause = pause.multipliedBy(2);
                } catch (InterruptedException e) {
                    interrupted = true;
                    tries--;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Why the runtime failed; empty when it did not. */
    private String tryResume(String id, Deadline deadline) throws InterruptedException {
        try {
            ProcessResult result = run(deadline, List.of("resume", id));
            if (result.timedOut()) {
                return "the OCI runtime did not finish in time and was killed";
            }
            return result.isSuccess() ? "" : RuntimeErrors.problem(RuntimeErrors.message(result));
        } catch (GantryException e) {
            return e.action() + ": " + e.problem(); // it could not even be started
        }
    }

    private GantryException staysFrozen(String id, String problem) {
        return GantryException.of(ErrorKind.INTERNAL, "let container " + id + " go on", "it stays frozen: " + problem)
                .withRemedy("run " + handler.program() + " --root " + handler.root() + " resume " + id);
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
     * @param frozen as for {@link #resume}
     * @throws GantryException when it stays frozen
     */
    public void abandon(String id, BooleanSupplier frozen) {
        LeftProcesses.kill(handler.program(), List.of("checkpoint", id));
        resume(id, frozen, Deadline.after(ABANDON_PATIENCE));
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

package io.gantry.pod.pause;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts pause processes with the native program {@code gantry-pause}. */
public final class PauseProcess {
    private static final Logger log = LoggerFactory.getLogger(PauseProcess.class);

    private final Path program;

    /** @param program absolute path of {@code gantry-pause} */
    public PauseProcess(Path program) {
        this.program = program;
    }

    /**
     * Starts the pause process of a pod and returns when all that the spec asks for is done and the process waits. It is
     * then nobody's child here: it outlives the daemon and ends on SIGTERM, SIGINT or SIGKILL. On failure, at the
     * deadline and when interrupted no process, mount or namespace is left.
     *
     * @return the process, with the pid as the daemon sees it
     * @throws GantryException INVALID_ARGUMENT for a hostname, sysctl or id mapping that cannot be; FAILED_PRECONDITION
     *     for what the node lacks; RESOURCE_EXHAUSTED; DEADLINE_EXCEEDED; INTERNAL for the rest
     * @throws InterruptedException when interrupted
     */
    public ProcessIdentity start(PauseSpec spec, ProcessRunner runner, Deadline deadline) throws InterruptedException {
        String action = "start the pause process of pod " + spec.label();
        Command command = PauseCommand.of(program, spec, action);
        try (RunningProcess starter = startProgram(runner, command, action)) {
            ProcessResult result;
            try {
                result = starter.waitFor(deadline);
            } catch (InterruptedException e) {
                endLeftover(new String(starter.stdout(), StandardCharsets.UTF_8));
                throw e;
            }
            return read(result, spec, action);
        }
    }

    private RunningProcess startProgram(ProcessRunner runner, Command command, String action) {
        try {
            return runner.start(command);
        } catch (GantryException e) {
            // Not the pod is missing or forbidden but a part of Gantry.
            boolean broken = e.kind() == ErrorKind.NOT_FOUND || e.kind() == ErrorKind.PERMISSION_DENIED;
            GantryException failure = GantryException.of(
                            broken ? ErrorKind.FAILED_PRECONDITION : e.kind(), action, e.action() + ": " + e.problem())
                    .causedBy(e);
            throw broken ? failure.withRemedy("install Gantry again: " + program + " belongs to it") : failure;
        }
    }

    private static ProcessIdentity read(ProcessResult result, PauseSpec spec, String action) {
        Optional<PauseAnswer> answer = PauseAnswer.parse(result.stdoutText());
        Optional<ProcessIdentity> process = answer.flatMap(PauseAnswer::process);
        if (result.isSuccess() && process.isPresent()) {
            answer.get()
                    .notices()
                    .forEach(notice -> log.debug("pause process: pod={} notice={}", spec.label(), notice));
            return process.get();
        }
        endLeftover(result.stdoutText());
        if (result.timedOut()) {
            throw GantryException.of(ErrorKind.DEADLINE_EXCEEDED, action, "it was not ready in time")
                    .withRemedy("look for a frozen cgroup or an overloaded node, and try again");
        }
        if (answer.isPresent() && answer.get().error() != null) {
            throw PauseFailure.of(action, answer.get());
        }
        throw GantryException.of(
                ErrorKind.INTERNAL,
                action,
                "the program ended with " + result.status() + " and said '"
                        + (result.stdoutText() + result.stderrText()).strip() + "'");
    }

    /** A starter that was killed after it had reported may have let the process go; nobody would ever end that one. */
    private static void endLeftover(String stdout) {
        Optional<ProcessIdentity> process = PauseAnswer.parse(stdout).flatMap(PauseAnswer::process);
        Optional<PidFd> found = process.flatMap(PidFd::open);
        if (found.isPresent()) {
            try (PidFd pause = found.get()) {
                boolean alive = pause.signal(Signals.SIGKILL);
                log.debug("ended the pause process of a failed start: pid={} alive={}", pause.pid(), alive);
            }
        }
    }
}

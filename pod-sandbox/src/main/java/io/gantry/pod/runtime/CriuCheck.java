package io.gantry.pod.runtime;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/**
 * Whether checkpoint and restore work here: the OCI runtime must have been built for it, and criu(8) must be there and get
 * on with the kernel ({@code criu check}). A success is remembered; after a failure the next call looks again, so that
 * installing what is missing is enough.
 */
final class CriuCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String RUNC_ANNOTATION = "org.opencontainers.runc.checkpoint.enabled";

    private final RuntimeHandler handler;
    private final ProcessRunner runner;
    private final CriuProgram criu;
    private volatile boolean works;

    CriuCheck(RuntimeHandler handler, ProcessRunner runner) {
        this.handler = handler;
        this.runner = runner;
        this.criu = new CriuProgram(runner);
    }

    /** @throws GantryException FAILED_PRECONDITION with the reason, when it does not work */
    void require(String action) throws InterruptedException {
        if (works) {
            return;
        }
        requireRuntime(action);
        requireCriu(action);
        works = true;
    }

    private void requireRuntime(String action) throws InterruptedException {
        String program = handler.program().toString();
        boolean able = handler.isCrun()
                ? run(action, program, "--version").stdoutText().contains("+CRIU")
                : !disabled(run(action, program, "features"));
        if (!able) {
            throw unmet(
                    action,
                    "runtime handler " + handler.name() + " (" + handler.version()
                            + ") was built without checkpoint support",
                    "use a runc, or a crun with +CRIU in its version, that has it");
        }
    }

    /** A runtime that is too old to list features has been able to do it for longer. */
    private static boolean disabled(ProcessResult features) {
        if (!features.isSuccess()) {
            return false;
        }
        try {
            return Json.mapper()
                    .readTree(features.stdout())
                    .path("annotations")
                    .path(RUNC_ANNOTATION)
                    .asString("true")
                    .equals("false");
        } catch (JacksonException e) {
            return false;
        }
    }

    private void requireCriu(String action) throws InterruptedException {
        Optional<CriuProgram.Problem> problem = criu.problem();
        if (problem.isPresent()) {
            throw unmet(action, problem.get().text(), problem.get().remedy());
        }
    }

    private ProcessResult run(String action, String... argv) throws InterruptedException {
        ProcessResult result = runner.run(Command.of(argv), Deadline.after(PATIENCE));
        if (result.timedOut()) {
            throw unmet(action, argv[0] + " does not answer", "check the OCI runtime");
        }
        return result;
    }

    private static GantryException unmet(String action, String problem, String remedy) {
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                .withRemedy(remedy);
    }
}

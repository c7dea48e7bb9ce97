package io.gantry.pod.runtime;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The program criu(8) in PATH, which writes and restores processes for the OCI runtimes: whether it is there, and whether it
 * gets on with this kernel ({@code criu check}). Each question runs it.
 */
public final class CriuProgram {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String PROGRAM = "criu";
    private static final Pattern ERROR = Pattern.compile("Error \\([^)]*\\): (.*)");
    private static final Pattern VERSION = Pattern.compile("(?m)^Version: (\\S+)");

    private final ProcessRunner runner;

    /**
     * Why it cannot be used.
     *
     * @param missing whether it is not there at all
     */
    public record Problem(boolean missing, String text, String remedy) {}

    public CriuProgram(ProcessRunner runner) {
        this.runner = runner;
    }

    /** Empty when it works here. */
    public Optional<Problem> problem() throws InterruptedException {
        ProcessResult check;
        try {
            check = run("check");
        } catch (GantryException e) {
            if (e.kind() != ErrorKind.NOT_FOUND && e.kind() != ErrorKind.PERMISSION_DENIED) {
                throw e;
            }
            return Optional.of(new Problem(
                    true, "the program criu is not there", "install the package criu, version 4.1 or later"));
        }
        if (check.isSuccess()) {
            return Optional.empty();
        }
        String version = version();
        return Optional.of(new Problem(
                false,
                "criu " + (version.isEmpty() ? "" : version + " ") + "does not work on this kernel: " + reason(check),
                "run 'criu check' as root; a newer criu, or a kernel with CONFIG_CHECKPOINT_RESTORE, may be needed"));
    }

    /** Its version, {@code 4.2}; empty when it does not say. */
    public String version() throws InterruptedException {
        Matcher version = VERSION.matcher(run("--version").stdoutText());
        return version.find() ? version.group(1) : "";
    }

    /** The first error is the cause, later ones say what failed with it. */
    private static String reason(ProcessResult check) {
        if (check.timedOut()) {
            return "criu check did not end within " + PATIENCE.toSeconds() + " s";
        }
        Matcher error = ERROR.matcher(check.stdoutText() + "\n" + check.stderrText());
        return error.find() ? error.group(1).strip() : RuntimeErrors.message(check);
    }

    private ProcessResult run(String argument) throws InterruptedException {
        return runner.run(Command.of(PROGRAM, argument), Deadline.after(PATIENCE));
    }
}

package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.Container;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Runs a command in a running container: the OCI runtime's {@code exec} on pipes or a pty, without a monitor. */
final class ExecInContainer {
    /** Bytes kept of each output, as peers do; what is beyond is read and dropped. */
    private static final int MAX_OUTPUT = 16 << 20;

    /** Bytes of both outputs together: clients take messages of 16 MiB, and the message has other fields. */
    private static final int MAX_ANSWER = (16 << 20) - (64 << 10);

    private final ContainerParts parts;
    private final Syscalls syscalls;

    ExecInContainer(ContainerParts parts, Syscalls syscalls) {
        this.parts = parts;
        this.syscalls = syscalls;
    }

    /** @param timeout zero for none */
    ExecResult execute(Container container, List<String> command, Duration timeout) throws InterruptedException {
        check(container, command);
        return capped(parts.runtimes()
                .of(container.handler())
                .execSync(
                        container.id(),
                        process(container, command, false),
                        MAX_OUTPUT,
                        timeout.isZero() ? Deadline.NONE : Deadline.after(timeout)));
    }

    /** Starts the command and returns it with its streams. */
    RunningExec start(Container container, ExecRequest request) throws InterruptedException {
        check(container, request.command());
        return RuntimeExec.start(
                syscalls,
                parts.runtimes().of(container.handler()),
                container.id(),
                process(container, request.command(), request.tty()),
                request);
    }

    private ObjectNode process(Container container, List<String> command, boolean tty) {
        return OciSpec.execProcess(parts.state().paths().bundle(container.id()), command, tty);
    }

    private static void check(Container container, List<String> command) {
        String action = "exec in container " + container.id();
        if (command.isEmpty()) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, "no command is given");
        }
        if (!container.status().isRunning()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action,
                    "the container is not running, it is " + container.status().phase());
        }
    }

    /** Both outputs go into one message; the one that is over its half gives way. */
    private static ExecResult capped(ExecResult result) {
        int out = result.stdout().length;
        int err = result.stderr().length;
        if (out + err <= MAX_ANSWER) {
            return result;
        }
        int keptErr = Math.min(err, Math.max(MAX_ANSWER / 2, MAX_ANSWER - out));
        int keptOut = Math.min(out, MAX_ANSWER - keptErr);
        return new ExecResult(
                Arrays.copyOf(result.stdout(), keptOut),
                Arrays.copyOf(result.stderr(), keptErr),
                result.exitCode(),
                true);
    }
}

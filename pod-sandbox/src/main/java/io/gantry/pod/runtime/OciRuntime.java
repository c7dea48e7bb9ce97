package io.gantry.pod.runtime;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import io.gantry.pod.cgroup.CgroupDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The verbs of one OCI runtime (the command line that runc and crun share). Creating is done by the container's monitor,
 * which gets its arguments here; {@code state} is run in recovery alone. A command that is past its deadline, or whose caller is
 * interrupted, is killed with its process group.
 */
public final class OciRuntime {
    /** Bytes kept of what a runtime says about an error. */
    private static final int MAX_MESSAGE = 64 << 10;

    private final RuntimeHandler handler;
    private final CgroupDriver driver;
    private final ProcessRunner runner;
    private final Path scratch;
    private final @Nullable Path reaper;
    private final RuntimeCheckpoints checkpoints;

    /** {@link #OciRuntime(RuntimeHandler, CgroupDriver, ProcessRunner, Path, Path)} without a reaper. */
    public OciRuntime(RuntimeHandler handler, CgroupDriver driver, ProcessRunner runner, Path scratch) {
        this(handler, driver, runner, scratch, null);
    }

    /**
     * @param scratch directory for files of running execs, made when it is missing; nothing in it outlives its exec
     * @param reaper {@code gantry-pause}, under which {@link #execSync} runs commands of a runtime that would wait for
     *     whatever a command leaves running in the background; null to run them without
     */
    public OciRuntime(
            RuntimeHandler handler, CgroupDriver driver, ProcessRunner runner, Path scratch, @Nullable Path reaper) {
        this.handler = handler;
        this.driver = driver;
        this.runner = runner;
        this.scratch = scratch;
        this.reaper = reaper;
        this.checkpoints = new RuntimeCheckpoints(handler, runner);
    }

    public RuntimeHandler handler() {
        return handler;
    }

    /** Checkpoint and restore with this runtime. */
    public RuntimeCheckpoints checkpoints() {
        return checkpoints;
    }

    /** The arguments with which conmon(8) finds and runs this runtime to create a container. */
    public List<String> monitorArguments() {
        List<String> arguments = new ArrayList<>(
                List.of("--runtime", handler.program().toString(), "--runtime-arg", "--root=" + handler.root()));
        if (driver == CgroupDriver.SYSTEMD) {
            arguments.add("--systemd-cgroup");
        }
        return arguments;
    }

    /** The command that creates a container; what a monitor runs, for use without one. */
    public List<String> createCommand(String id, Path bundle, Path pidFile) {
        List<String> argv = new ArrayList<>(command());
        if (driver == CgroupDriver.SYSTEMD) {
            argv.add(1, "--systemd-cgroup");
        }
        argv.addAll(List.of("create", "--bundle", bundle.toString(), "--pid-file", pidFile.toString(), id));
        return argv;
    }

    /**
     * Starts the command of a created container.
     *
     * @param action for errors: {@code "start container web in pod default/shop"}
     * @throws GantryException INVALID_ARGUMENT when the command cannot be executed, FAILED_PRECONDITION when the container
     *     was started before or has ended, NOT_FOUND when the runtime does not know it
     */
    public void start(String id, String action, Deadline deadline) throws InterruptedException {
        ProcessResult result = run(deadline, "start", id);
        if (!result.isSuccess()) {
            throw RuntimeErrors.of(action, result);
        }
    }

    /**
     * What the runtime says of a container: {@code created}, {@code running}, {@code stopped} (runtime.md, "State"). Costs a
     * process; for recovery only.
     *
     * @return empty text when the runtime does not know it
     */
    public String state(String id, Deadline deadline) throws InterruptedException {
        ProcessResult result = run(deadline, "state", id);
        if (!result.isSuccess()) {
            GantryException error = RuntimeErrors.of("ask for state of container " + id, result);
            if (error.kind() == ErrorKind.NOT_FOUND) {
                return "";
            }
            throw error;
        }
        return Json.mapper().readTree(result.stdout()).path("status").asString("");
    }

    /**
     * Sends a signal to the first process of a container, or to all of its processes.
     *
     * @return false when there is nothing to signal: the container has ended or is unknown
     */
    public boolean kill(String id, int signal, boolean all, Deadline deadline) throws InterruptedException {
        String number = Integer.toString(signal);
        ProcessResult result = all ? run(deadline, "kill", "--all", id, number) : run(deadline, "kill", id, number);
        if (result.isSuccess()) {
            return true;
        }
        GantryException error = RuntimeErrors.of("send signal " + number + " to container " + id, result);
        if (isUnknown(id, error) || error.kind() == ErrorKind.FAILED_PRECONDITION) {
            return false;
        }
        throw error;
    }

    /**
     * Removes what the runtime keeps of a container: its state and cgroup. One that it does not know is no error.
     *
     * @param force kill it first when it still runs
     */
    public void delete(String id, boolean force, Deadline deadline) throws InterruptedException {
        ProcessResult result = force ? run(deadline, "delete", "--force", id) : run(deadline, "delete", id);
        if (result.isSuccess()) {
            return;
        }
        GantryException error = RuntimeErrors.of("delete container " + id, result);
        if (!isUnknown(id, error)) {
            throw error;
        }
    }

    /**
     * Changes the resource limits of a container.
     *
     * @param resources as {@link io.gantry.pod.spec.ResourceLimits#toJson} makes them
     * @throws GantryException FAILED_PRECONDITION when the container uses more than a new limit, NOT_FOUND when it is
     *     unknown
     */
    public void update(String id, ObjectNode resources, Deadline deadline) throws InterruptedException {
        List<String> argv = new ArrayList<>(command());
        argv.addAll(List.of("update", "--resources", "-", id));
        Command update =
                Command.of(argv).withStdin(new Command.Stdio.Bytes(Json.mapper().writeValueAsBytes(resources)));
        ProcessResult result = runner.run(update, deadline);
        if (!result.isSuccess()) {
            throw RuntimeErrors.of("update resources of container " + id, result);
        }
    }

    /**
     * Starts a command in a running container.
     *
     * @param process of {@link io.gantry.pod.spec.OciSpec#execProcess}
     * @param stdin where its input comes from
     * @param stdout where its output goes; with a terminal all three are its descriptor
     * @return the running command, for the caller to wait for and close
     */
    public ExecSession exec(
            String id, ObjectNode process, Command.Stdio stdin, Command.Stdio stdout, Command.Stdio stderr) {
        return exec(id, process, stdin, stdout, stderr, null);
    }

    private ExecSession exec(
            String id,
            ObjectNode process,
            Command.Stdio stdin,
            Command.Stdio stdout,
            Command.Stdio stderr,
            @Nullable Path under) {
        ExecFiles files = ExecFiles.create(scratch, process);
        try {
            List<String> argv = new ArrayList<>();
            if (under != null) {
                argv.addAll(List.of(under.toString(), "--reap", files.pid().toString()));
            }
            argv.addAll(execArguments(id, files, under == null ? List.of() : List.of("--detach")));
            Command command =
                    Command.of(argv).withStdin(stdin).withStdout(stdout).withStderr(stderr);
            return new ExecSession(id, runner.start(command), files);
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /**
     * Whether {@link #execOnConsole} works: runc accepts a console socket only for a command that it does not wait for, and
     * then nobody gets the exit code.
     */
    public boolean handsOverConsoles() {
        return handler.isCrun();
    }

    /**
     * Starts a command in a running container on a terminal that the runtime makes there and hands over. Waits for that; when
     * interrupted, the command has been killed.
     *
     * @param process of {@link io.gantry.pod.spec.OciSpec#execProcess}, with a terminal
     * @return the running command and its terminal, for the caller to close
     */
    public ConsoleExec execOnConsole(String id, ObjectNode process) throws InterruptedException {
        ExecFiles files = ExecFiles.create(scratch, process);
        ExecSession session = null;
        boolean handedOver = false;
        try (ConsoleSocket console = ConsoleSocket.listen(JnaSyscalls.instance(), files.console())) {
            List<String> argv = execArguments(
                    id, files, List.of("--console-socket", files.console().toString()));
            Command.Stdio none = new Command.Stdio.Null();
            Command command = Command.of(argv)
                    .withStdin(none)
                    .withStdout(none)
                    .withStderr(new Command.Stdio.Capture(MAX_MESSAGE));
            session = new ExecSession(id, runner.start(command), files);
            ConsoleExec exec =
                    new ConsoleExec(session, console.receive(session.runtime().exited()));
            handedOver = true;
            return exec;
        } finally {
            if (!handedOver && session != null) {
                session.kill();
                session.close();
            } else if (!handedOver) {
                files.close();
            }
        }
    }

    private List<String> execArguments(String id, ExecFiles files, List<String> options) {
        List<String> argv = new ArrayList<>(command());
        argv.addAll(List.of("--log", files.log().toString(), "--log-format", "json", "exec"));
        argv.addAll(options);
        argv.addAll(List.of(
                "--process",
                files.process().toString(),
                "--pid-file",
                files.pid().toString(),
                id));
        return argv;
    }

    /**
     * Runs a command in a running container to its end, without input. What it leaves running in the background goes on, and
     * is not waited for although it may hold the outputs.
     *
     * @param maxOutput bytes kept of each output; what is beyond is read and dropped
     * @throws GantryException DEADLINE_EXCEEDED at the deadline, when the command and all that it started have been killed;
     *     INVALID_ARGUMENT when it cannot be executed; FAILED_PRECONDITION when the container does not run
     */
    public ExecResult execSync(String id, ObjectNode process, int maxOutput, Deadline deadline)
            throws InterruptedException {
        Command.Stdio capture = new Command.Stdio.Capture(maxOutput);
        // crun hands on its own descriptors and looks at nothing but the command.
        Path under = handler.isCrun() ? null : reaper;
        try (ExecSession session = exec(id, process, new Command.Stdio.Null(), capture, capture, under)) {
            return session.await(deadline);
        }
    }

    /** The words vary between runtimes and versions; a container that is known has a directory under the root. */
    private boolean isUnknown(String id, GantryException error) {
        return error.kind() == ErrorKind.NOT_FOUND
                || error.kind() != ErrorKind.DEADLINE_EXCEEDED
                        && !Files.exists(handler.root().resolve(id));
    }

    private ProcessResult run(Deadline deadline, String... arguments) throws InterruptedException {
        List<String> argv = new ArrayList<>(command());
        argv.addAll(List.of(arguments));
        return runner.run(Command.of(argv), deadline);
    }

    private List<String> command() {
        return List.of(handler.program().toString(), "--root", handler.root().toString());
    }
}

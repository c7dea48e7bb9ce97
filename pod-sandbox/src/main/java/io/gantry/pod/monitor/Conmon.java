package io.gantry.pod.monitor;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.storage.Json;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.runtime.RuntimeErrors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Creates containers under conmon, which runs {@code runtime create}, keeps the container's log and its exit code, and
 * outlives the daemon (conmon(8)).
 */
public final class Conmon {
    private static final Duration ABORT_PATIENCE = Duration.ofSeconds(30);
    private static final String PID_FILE = "pidfile";
    private static final String MONITOR_PID_FILE = "conmon.pid";

    /**
     * A container to create.
     *
     * @param name for conmon's own log lines
     * @param logPath absolute, or empty for no log
     */
    public record CreateRequest(
            String containerId,
            String name,
            Path bundle,
            OciRuntime runtime,
            String logPath,
            boolean tty,
            boolean stdin,
            boolean stdinOnce) {}

    /** The processes of a created container: its first process, which waits, and its conmon, null when it died already. */
    public record Created(ProcessIdentity init, @Nullable ProcessIdentity monitor) {}

    private final String program;
    private final Path exits;
    private final Path sockets;
    private final long logSizeMax;
    private final ProcessRunner processes;
    private final Syscalls syscalls;
    private final FdWatcher watcher;

    /**
     * @param program conmon's path or its name in PATH
     * @param logSizeMax bytes after which conmon starts a log anew, or negative for never
     */
    public Conmon(
            String program,
            Path exits,
            Path sockets,
            long logSizeMax,
            ProcessRunner processes,
            Syscalls syscalls,
            FdWatcher watcher) {
        this.program = program;
        this.exits = exits;
        this.sockets = sockets;
        this.logSizeMax = logSizeMax;
        this.processes = processes;
        this.syscalls = syscalls;
        this.watcher = watcher;
    }

    /**
     * Starts the monitor of a container whose bundle directory exists, and lets it wait: conmon takes as long to load as the
     * root file system and the specification take to make. {@link Pending#create} lets it go on.
     */
    public Pending start(CreateRequest request) {
        SyncPipe sync = new SyncPipe(syscalls);
        StartPipe start = new StartPipe(syscalls);
        try {
            Command command = Command.of(arguments(request))
                    .withDirectory(request.bundle())
                    .withEnvironment(Map.of(
                            "PATH", System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                            "_OCI_SYNCPIPE", "3",
                            "_OCI_STARTPIPE", "4"))
                    .withExtraFds(Map.of(3, sync.childEnd(), 4, start.childEnd()));
            RunningProcess process = processes.start(command);
            sync.startReading(watcher);
            start.closeChildEnd();
            return new Pending(request, process, sync, start);
        } catch (RuntimeException e) {
            sync.close();
            start.close();
            throw e;
        }
    }

    /** A monitor that waits for its bundle. Closing it ends it, and the container, unless {@link #create} succeeded. */
    public final class Pending implements AutoCloseable {
        private final CreateRequest request;
        private final RunningProcess process;
        private final SyncPipe sync;
        private final StartPipe start;
        private boolean created;

        private Pending(CreateRequest request, RunningProcess process, SyncPipe sync, StartPipe start) {
            this.request = request;
            this.process = process;
            this.sync = sync;
            this.start = start;
        }

        /**
         * Creates the container, whose bundle is complete now. On failure, at the deadline and when interrupted, neither
         * conmon nor the container is left once this is closed.
         *
         * @throws GantryException what the OCI runtime said, in its kind
         */
        public Created create(Deadline deadline) throws InterruptedException {
            start.letGo();
            ProcessResult forked = process.waitFor(deadline);
            if (!forked.isSuccess()) {
                throw failure(
                        request,
                        "conmon: " + forked.status() + " " + forked.stderrText().strip());
            }
            String answer;
            try {
                answer = sync.await(deadline);
            } catch (TimeoutException e) {
                throw GantryException.of(
                                ErrorKind.DEADLINE_EXCEEDED, action(request), "the OCI runtime did not finish in time")
                        .causedBy(e);
            }
            Created result = parse(request, answer);
            created = true;
            return result;
        }

        @Override
        public void close() {
            if (!created) {
                process.killGroup();
            }
            process.close();
            start.close();
            sync.close();
            if (!created) {
                abort(request.containerId(), request.bundle(), request.runtime());
            }
        }
    }

    private Created parse(CreateRequest request, String answer) {
        if (answer.isEmpty()) {
            throw failure(request, "conmon ended without an answer");
        }
        JsonNode json;
        try {
            json = Json.mapper().readTree(answer);
        } catch (JacksonException e) {
            throw failure(request, "conmon answered with something else than JSON: " + answer);
        }
        int pid = json.path("pid").asInt(-1);
        if (pid <= 0) {
            throw RuntimeErrors.of(action(request), json.path("message").asString("the OCI runtime failed"));
        }
        ProcessIdentity init = ProcessIdentity.of(pid).orElse(new ProcessIdentity(pid, 0));
        Optional<ProcessIdentity> monitor =
                readPid(request.bundle().resolve(MONITOR_PID_FILE)).flatMap(ProcessIdentity::of);
        return new Created(init, monitor.orElse(null));
    }

    private List<String> arguments(CreateRequest request) {
        List<String> argv = new ArrayList<>(List.of(
                program,
                "-b",
                request.bundle().toString(),
                "-c",
                request.containerId(),
                "-u",
                request.containerId(),
                "-n",
                request.name(),
                "-p",
                request.bundle().resolve(PID_FILE).toString(),
                "-P",
                request.bundle().resolve(MONITOR_PID_FILE).toString(),
                "-l",
                request.logPath().isEmpty() ? "none" : "k8s-file:" + request.logPath(),
                "--exit-dir",
                exits.toString(),
                "--socket-dir-path",
                sockets.toString(),
                "--log-level",
                "error"));
        argv.addAll(request.runtime().monitorArguments());
        if (logSizeMax >= 0) {
            argv.add("--log-size-max");
            argv.add(Long.toString(logSizeMax));
        }
        if (request.tty()) {
            argv.add("-t");
        }
        if (request.stdin()) {
            argv.add("-i");
            if (!request.stdinOnce()) {
                argv.add("--leave-stdin-open");
            }
        }
        return argv;
    }

    /**
     * Ends a container whose creation did not finish, and its conmon; safe to call when there is neither.
     *
     * @param bundle the container's bundle, which may be missing
     */
    public void abort(String containerId, Path bundle, OciRuntime runtime) {
        readPid(bundle.resolve(MONITOR_PID_FILE))
                .flatMap(ProcessIdentity::of)
                .filter(identity -> isConmonOf(identity.pid(), containerId))
                .flatMap(PidFd::open)
                .ifPresent(monitor -> {
                    try (monitor) {
                        boolean unused = monitor.signal(Signals.SIGKILL);
                    }
                });
        boolean interrupted = Thread.interrupted();
        try {
            runtime.delete(containerId, true, Deadline.after(ABORT_PATIENCE));
        } catch (InterruptedException e) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        removeSocketLink(containerId);
    }

    /** Removes the link to the attach socket, which conmon may leave behind. */
    public void removeSocketLink(String containerId) {
        try {
            Files.deleteIfExists(sockets.resolve(containerId));
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "remove attach link of " + containerId, e.toString())
                    .causedBy(e);
        }
    }

    private static boolean isConmonOf(int pid, String containerId) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline")).contains(containerId);
        } catch (IOException e) {
            return false;
        }
    }

    private static Optional<Integer> readPid(Path file) {
        try {
            return Optional.of(Integer.valueOf(Files.readString(file).strip()));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static String action(CreateRequest request) {
        return "create container " + request.name() + " (" + request.containerId() + ")";
    }

    private static GantryException failure(CreateRequest request, String problem) {
        return GantryException.of(ErrorKind.INTERNAL, action(request), problem);
    }
}

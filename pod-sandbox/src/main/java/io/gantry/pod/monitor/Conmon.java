package io.gantry.pod.monitor;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.storage.Json;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.runtime.RuntimeCheckpoints;
import io.gantry.pod.runtime.RuntimeErrors;
import io.gantry.pod.state.Ids;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
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
    private static final String PATH = System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    private static final String PID_FILE = "pidfile";
    /** No directory up to this length makes conmon cut a link's name: 108 bytes less an id, two slashes, "attach" and the end. */
    private static final int SHORT_SOCKETS = 108 - Ids.LENGTH - "//attach".length() - 1;

    private static final String MONITOR_PID_FILE = "conmon.pid";

    /**
     * A container to create.
     *
     * @param name for conmon's own log lines
     * @param logPath absolute, or empty for no log
     * @param checkpoint directory with the images that its processes are restored from, null to start its program
     */
    public record CreateRequest(
            String containerId,
            String name,
            Path bundle,
            OciRuntime runtime,
            String logPath,
            boolean tty,
            boolean stdin,
            boolean stdinOnce,
            @Nullable Path checkpoint) {
        /** A container whose program is to be started. */
        public CreateRequest(
                String containerId,
                String name,
                Path bundle,
                OciRuntime runtime,
                String logPath,
                boolean tty,
                boolean stdin,
                boolean stdinOnce) {
            this(containerId, name, bundle, runtime, logPath, tty, stdin, stdinOnce, null);
        }
    }

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
        StartPipe start = null;
        RunningProcess process = null;
        try {
            start = new StartPipe(syscalls);
            process = startProgram(request, sync, start);
            sync.startReading(watcher);
            start.closeChildEnd();
            return new Pending(request, process, sync, start);
        } catch (RuntimeException e) {
            if (process != null) {
                process.killGroup();
                process.close();
            }
            if (start != null) {
                start.close();
            }
            sync.close();
            throw e;
        }
    }

    private RunningProcess startProgram(CreateRequest request, SyncPipe sync, StartPipe start) {
        Command command = Command.of(arguments(request))
                .withDirectory(request.bundle())
                .withEnvironment(Map.of("PATH", PATH, "_OCI_SYNCPIPE", "3", "_OCI_STARTPIPE", "4"))
                .withExtraFds(Map.of(3, sync.childEnd(), 4, start.childEnd(), 5, sync.heldEnd()));
        try {
            return processes.start(command);
        } catch (GantryException e) {
            if (e.kind() != ErrorKind.NOT_FOUND && e.kind() != ErrorKind.PERMISSION_DENIED) {
                throw e;
            }
            // Not what the caller named is missing but a part of this node.
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action(request), e.action() + ": " + e.problem())
                    .withRemedy("install conmon, or set runtime.conmon in gantry.toml to its path")
                    .causedBy(e);
        }
    }

    /**
     * A monitor that waits for its bundle. Closing it before {@link #create} succeeded ends it as far as it is known here;
     * {@link #abort} ends whatever it has started.
     */
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
         * Creates the container, whose bundle is complete now. On failure, at the deadline and when interrupted, conmon or
         * the container may be left half made: then {@link #abort} is to be called.
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
        if (request.checkpoint() != null) {
            argv.add("--restore");
            argv.add(request.checkpoint().toString());
            for (String option : RuntimeCheckpoints.restoreOptions()) {
                argv.add("--runtime-opt");
                argv.add(option);
            }
        }
        return argv;
    }

    /**
     * The processes of a container that conmon made, as it left word in the bundle; for a daemon that was killed meanwhile.
     *
     * @return empty when it has not come so far, or the first process has been reaped; without a monitor that has ended, also
     *     when nobody has reaped it yet
     */
    public Optional<Created> processes(Path bundle) {
        return readPid(bundle.resolve(PID_FILE))
                .flatMap(ProcessIdentity::of)
                .map(init -> new Created(
                        init,
                        readPid(bundle.resolve(MONITOR_PID_FILE))
                                .flatMap(ProcessIdentity::of)
                                .filter(Conmon::isAlive)
                                .orElse(null)));
    }

    private static boolean isAlive(ProcessIdentity process) {
        try (PidFd held = PidFd.open(process).orElse(null)) {
            return held != null && held.isAlive();
        }
    }

    /**
     * Ends a container whose creation did not finish, with its conmon and the OCI runtime that makes it; safe to call when
     * there is none of them, and not cut short by an interruption.
     *
     * @throws GantryException when the OCI runtime cannot delete the container; it may be called again
     */
    public void abort(String containerId, OciRuntime runtime) {
        boolean interrupted = Thread.interrupted();
        try {
            CreatingProcesses.of(program, runtime.handler().program().toString())
                    .kill(containerId, ABORT_PATIENCE);
            runtime.delete(containerId, true, Deadline.after(ABORT_PATIENCE));
        } catch (InterruptedException e) {
            interrupted = true;
            throw GantryException.of(ErrorKind.CANCELLED, "end container " + containerId, "interrupted")
                    .causedBy(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        removeSocketLink(containerId);
    }

    /**
     * Removes the link to the attach socket, which conmon may leave behind. Where the path is too long for a socket's address
     * (unix(7)), conmon cuts the link's name short.
     */
    public void removeSocketLink(String containerId) {
        try {
            if (!Files.deleteIfExists(sockets.resolve(containerId))
                    && sockets.toString().length() > SHORT_SOCKETS) {
                removeShortenedLink(containerId);
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "remove attach link of " + containerId, e.toString())
                    .causedBy(e);
        }
    }

    private void removeShortenedLink(String containerId) throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(sockets, Ids.brief(containerId) + "*")) {
            for (Path link : links) {
                if (containerId.startsWith(String.valueOf(link.getFileName()))) {
                    Files.deleteIfExists(link);
                }
            }
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

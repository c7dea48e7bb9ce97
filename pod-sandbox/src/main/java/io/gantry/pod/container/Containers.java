package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.concurrent.SingleFlight;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.activity.Subject;
import io.gantry.pod.activity.Verb;
import io.gantry.pod.checkpoint.CheckpointTarget;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerMetadata;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.monitor.AttachConnection;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.PodSandbox;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Containers: the façade over the verbs of this package. Reads return snapshots and never wait. A verb that changes a
 * container never holds anything while it waits for the container's processes, so a slow stop delays nobody.
 */
public final class Containers implements AutoCloseable {
    private final ContainerParts parts;
    private final ContainerExits exits;
    private final ContainerCleanup cleanup;
    private final CreateContainer create;
    private final StartContainer start;
    private final StopContainer stop;
    private final RemoveContainer remove;
    private final ExecInContainer exec;
    private final AttachToContainer attach;
    private final UpdateContainerResources update;
    private final ReopenContainerLog reopenLog;
    private final CheckpointContainer checkpoint;
    private final Creations creations = new Creations();
    private final Creations restores = new Creations();
    private final Creations checkpoints = new Creations();
    private final SingleFlight<String, String> creates = new SingleFlight<>();
    private final KeyedLocks<String> starts = new KeyedLocks<>();
    private final SingleFlight<String, Boolean> removals = new SingleFlight<>();

    /** @param executor runs what is done about containers that end; its tasks may block */
    public Containers(ContainerParts parts, Executor executor) {
        this.parts = parts;
        OomDetector ooms = new CgroupOomDetector(parts.state(), parts.cgroups());
        this.cleanup = new ContainerCleanup(parts, executor, starts, ooms);
        this.exits = new ContainerExits(parts, executor, ooms, starts, container -> {
            var unused = cleanup.begin(container);
        });
        this.create = new CreateContainer(parts, exits, creations);
        this.start = new StartContainer(parts, exits, new RestoreContainer(parts, exits, restores));
        this.stop = new StopContainer(parts, exits);
        this.remove = new RemoveContainer(parts, exits, stop, cleanup);
        this.exec = new ExecInContainer(parts, JnaSyscalls.instance());
        this.attach = new AttachToContainer(parts, JnaSyscalls.instance());
        this.update = new UpdateContainerResources(parts);
        this.reopenLog = new ReopenContainerLog(parts);
        this.checkpoint = new CheckpointContainer(parts, checkpoints);
    }

    /** Begins to notice exits; the exits directory must exist. */
    public void startWatching() {
        exits.start();
    }

    /** What notices exits, for recovery. */
    public ContainerExits exits() {
        return exits;
    }

    /**
     * CreateContainer. When it fails or is interrupted, nothing is left. A second call for the same name joins the first
     * and gets its result.
     *
     * <p>A config whose image is the path of a checkpoint archive, or an image that holds a checkpoint, makes a container
     * without processes: {@link #start} restores them.
     *
     * @param sandboxConfig as the caller repeats it; the sandbox's own record is what counts
     * @return the id
     * @throws GantryException NOT_FOUND for an unknown sandbox or image; FAILED_PRECONDITION for a sandbox that is not
     *     READY; ALREADY_EXISTS when a container of that name was started already; what the failed step says
     */
    public String create(String sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig)
            throws InterruptedException {
        return createFrom(sandboxId, config, null);
    }

    /**
     * As {@link #create(String, ContainerConfig, PodSandboxConfig)}, from a checkpoint archive, whatever the config's image;
     * the config must describe the processes in it.
     *
     * @throws GantryException INVALID_ARGUMENT when it does not, or the archive cannot be used
     */
    public String restore(String sandboxId, ContainerConfig config, Path archive) throws InterruptedException {
        String action = "restore container " + config.metadata().name();
        return createFrom(sandboxId, config, CheckpointSource.archive(archive, true, action));
    }

    private String createFrom(String sandboxId, ContainerConfig config, @Nullable CheckpointSource given)
            throws InterruptedException {
        String sandbox = parts.state()
                .findSandbox(sandboxId)
                .map(PodSandbox::id)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND,
                        "create container " + config.metadata().name(),
                        "there is no pod sandbox " + sandboxId));
        String key = sandbox + "/" + config.metadata().name() + "/"
                + config.metadata().attempt();
        Subject subject = parts.state()
                .sandboxes()
                .find(sandbox)
                .map(Subject::of)
                .orElseGet(() -> new Subject("", "", sandbox, "", ""))
                .withContainer(config.metadata().name(), "");
        return creates.join(
                key,
                "create container " + config.metadata().name(),
                () -> parts.activities()
                        .call(
                                Verb.CREATE_CONTAINER,
                                subject,
                                activity -> createOnce(sandbox, config, given, activity)));
    }

    private String createOnce(
            String sandbox, ContainerConfig config, @Nullable CheckpointSource given, Activity activity)
            throws InterruptedException {
        Optional<Container> existing = named(sandbox, config.metadata());
        if (existing.isPresent() && existing.get().status().phase() == ContainerPhase.CREATING) {
            // Of an earlier run of the daemon, or one whose undo failed: creations of one name are here one at a
            // time.
            activity.step("undo earlier creation", "what an earlier creation has left to be undone");
            undoCreation(existing.get());
            existing = named(sandbox, config.metadata());
        }
        if (existing.isEmpty()) {
            CheckpointSource source = given == null
                    ? CheckpointSource.of(
                                    parts.images(),
                                    config,
                                    "create container " + config.metadata().name())
                            .orElse(null)
                    : given;
            return create.execute(sandbox, ImageVolumes.resolve(parts.images(), config), source, activity);
        }
        if (existing.get().status().canStart()) {
            return existing.get().id();
        }
        throw GantryException.of(
                        ErrorKind.ALREADY_EXISTS,
                        "create container " + config.metadata().name(),
                        "container " + existing.get().id() + " of the same name and attempt is "
                                + existing.get().status().phase())
                .withRemedy("remove it first, or use the next attempt number");
    }

    private Optional<Container> named(String sandboxId, ContainerMetadata metadata) {
        return parts.state().containersOf(sandboxId).stream()
                .filter(container -> container.config().metadata().equals(metadata))
                .findFirst();
    }

    /**
     * StartContainer.
     *
     * @throws GantryException NOT_FOUND; FAILED_PRECONDITION when it is not CREATED; what the OCI runtime says
     */
    public void start(String id) throws InterruptedException {
        Container container = status(id);
        String found = container.id();
        parts.activities().run(Verb.START_CONTAINER, subject(container), activity -> {
            activity.turn();
            try (KeyedLocks.Held held = starts.lock(found)) {
                activity.done();
                start.execute(status(found), activity);
            }
        });
    }

    /**
     * StopContainer: the stop signal, and SIGKILL after {@code timeout}. Idempotent, and a success for an unknown id.
     * Returns once the container is EXITED. One that is being created is cut short and undone.
     */
    public void stop(String id, Duration timeout) throws InterruptedException {
        Optional<Container> given = parts.state().findContainer(id);
        if (given.isEmpty()) {
            return;
        }
        parts.activities().run(Verb.STOP_CONTAINER, subject(given.get()), activity -> {
            Optional<Container> container = settleCreation(id, activity);
            if (container.isPresent()) {
                stop.execute(container.get(), timeout, activity);
                activity.step("notice", "its end to be noticed and told");
                exits.awaitNotice(container.get().id());
            }
        });
    }

    private Subject subject(Container container) {
        return Subject.of(container, parts.state().sandboxes().find(container.sandboxId()));
    }

    /** RemoveContainer: idempotent, and a success for an unknown id. A running container is killed first. */
    public void remove(String id) throws InterruptedException {
        Optional<Container> given = parts.state().findContainer(id);
        if (given.isEmpty()) {
            return;
        }
        parts.activities().run(Verb.REMOVE_CONTAINER, subject(given.get()), activity -> {
            Optional<Container> container = settleCreation(id, activity);
            if (container.isPresent()) {
                String found = container.get().id();
                activity.step("join", "a removal of the same container that is under way");
                boolean unused = removals.join(found, "remove container " + found, () -> {
                    Optional<Container> current = parts.state().containers().find(found);
                    if (current.isPresent()) {
                        remove.execute(current.get(), activity);
                    }
                    return true;
                });
            }
        });
    }

    /**
     * The container as it is once no creation, checkpoint or restore of it is under way; what a creation has left half done
     * is undone.
     */
    private Optional<Container> settleCreation(String id, Activity activity) throws InterruptedException {
        Optional<Container> container = parts.state().findContainer(id);
        if (container.isEmpty()) {
            return container;
        }
        String found = container.get().id();
        if (container.get().status().phase() != ContainerPhase.CREATING) {
            activity.step("cancel", "a checkpoint or restore that is under way to be cut short");
            checkpoints.cancel(found);
            restores.cancel(found);
            return parts.state().containers().find(found);
        }
        activity.step("cancel", "its creation that is under way to be cut short and undone");
        creations.cancel(found);
        Optional<Container> settled = parts.state().containers().find(found);
        if (settled.isPresent() && settled.get().status().phase() == ContainerPhase.CREATING) {
            undoCreation(settled.get());
            return Optional.empty();
        }
        return settled;
    }

    /**
     * ContainerStatus.
     *
     * @throws GantryException NOT_FOUND for an unknown id, and for one that is still being created
     */
    public Container status(String id) {
        return parts.state()
                .findContainer(id)
                .filter(container -> container.status().phase() != ContainerPhase.CREATING)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND, "find container " + id, "there is no container of that id"));
    }

    /** ListContainers, newest first; containers that are still being created are not listed. */
    public List<Container> list(ContainerFilter filter) {
        return parts.state().containers().all().stream()
                .filter(container -> container.status().phase() != ContainerPhase.CREATING)
                .filter(filter::matches)
                .sorted(Comparator.comparing(
                                (Container container) -> container.status().createdAt())
                        .reversed())
                .toList();
    }

    /**
     * ReopenContainerLog: returns once conmon writes to a new file at the log's path.
     *
     * @throws GantryException NOT_FOUND; FAILED_PRECONDITION when the container is not running
     */
    public void reopenLog(String id) throws InterruptedException {
        Container container = status(id);
        parts.activities().run(Verb.REOPEN_CONTAINER_LOG, subject(container), activity -> {
            activity.step("reopen", "conmon to open the new file");
            reopenLog.execute(container);
        });
    }

    /**
     * ExecSync: runs a command in the container and waits for it.
     *
     * @param timeout zero for none; at its end the command and its children are killed
     * @throws GantryException NOT_FOUND; FAILED_PRECONDITION when the container is not running; DEADLINE_EXCEEDED at the
     *     timeout
     */
    public ExecResult execSync(String id, List<String> command, Duration timeout) throws InterruptedException {
        Container container = status(id);
        return parts.activities().call(Verb.EXEC_SYNC, subject(container), activity -> {
            // The arguments may hold secrets.
            activity.step(
                    "run",
                    "the command " + (command.isEmpty() ? "" : command.getFirst()) + " to end",
                    timeout.isZero() ? Deadline.NONE : Deadline.after(timeout));
            return exec.execute(container, command, timeout);
        });
    }

    /**
     * Exec: starts a command in the container with streams.
     *
     * @return the running command, for the caller to close
     * @throws GantryException NOT_FOUND; FAILED_PRECONDITION when the container is not running
     */
    public RunningExec exec(String id, ExecRequest request) throws InterruptedException {
        return exec.start(status(id), request);
    }

    /**
     * Attach: joins the container's own streams.
     *
     * @return the connection, for the caller to keep reading and to close
     * @throws GantryException NOT_FOUND; FAILED_PRECONDITION when the container is not running
     */
    public AttachConnection attach(String id) throws InterruptedException {
        return attach.execute(status(id));
    }

    /**
     * UpdateContainerResources: zero or empty parts stay as they are.
     *
     * @throws GantryException NOT_FOUND; FAILED_PRECONDITION when it has ended; what the OCI runtime says
     */
    public void updateResources(String id, LinuxResources resources) throws InterruptedException {
        Container container = status(id);
        parts.activities().run(Verb.UPDATE_CONTAINER_RESOURCES, subject(container), activity -> {
            activity.step("update", "the OCI runtime and the cgroup");
            update.execute(container, resources);
        });
    }

    /**
     * CheckpointContainer: writes a running container to an archive and lets it go on.
     *
     * @param location absolute path of the archive; a file that is there is replaced
     * @param timeout zero for the runtime's own
     * @throws GantryException INVALID_ARGUMENT for the location; NOT_FOUND; FAILED_PRECONDITION when it is not running, or it
     *     or this host cannot be checkpointed; DEADLINE_EXCEEDED; RESOURCE_EXHAUSTED; nothing is left then
     */
    public void checkpoint(String id, String location, Duration timeout) throws InterruptedException {
        Container container = status(id);
        String action = "checkpoint container " + container.id();
        Deadline deadline = Deadline.after(timeout.isZero() ? parts.operationTimeout() : timeout);
        parts.activities().run(Verb.CHECKPOINT_CONTAINER, subject(container), activity -> {
            activity.step("checkpoint", "the OCI runtime and criu to write its processes", deadline);
            checkpoint.execute(
                    List.of(new CheckpointContainer.Job(container, CheckpointTarget.require(location, action))),
                    action,
                    deadline);
        });
    }

    /**
     * Writes several running containers, as of one moment, to one archive each: {@code NAME.tar} in a directory. All or none
     * of them are there in the end.
     *
     * @throws GantryException as {@link #checkpoint}
     */
    public void checkpointAll(List<Container> containers, Path directory, String action, Deadline deadline)
            throws InterruptedException {
        List<CheckpointContainer.Job> jobs = containers.stream()
                .map(container -> new CheckpointContainer.Job(
                        container,
                        directory.resolve(container.config().metadata().name() + ".tar")))
                .toList();
        checkpoint.execute(jobs, action, deadline);
    }

    /** Ends, after a restart, what a daemon that was killed has left of a checkpoint: the container goes on. */
    public void abandonCheckpoint(String containerId) throws InterruptedException {
        checkpoint.abandon(containerId);
    }

    /**
     * Changes limits that a plugin wants changed; plugins are not asked about it.
     *
     * @throws GantryException as {@link #updateResources}
     */
    public void applyUpdate(String id, ResourceChange change) throws InterruptedException {
        update.apply(status(id).id(), change);
    }

    /** What ContainerStatus tells beyond its fields when asked to be verbose. */
    public Map<String, Object> verboseInfo(String id) {
        Container container = status(id);
        var init = container.status().init();
        var monitor = container.status().monitor();
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("sandboxID", container.sandboxId());
        info.put("pid", init == null ? 0 : init.pid());
        info.put("monitorPid", monitor == null ? 0 : monitor.pid());
        info.put("handler", container.handler());
        info.put("cgroup", container.cgroup());
        info.put("bundle", parts.state().paths().bundle(container.id()).toString());
        info.putAll(ContainerInfo.of(parts, container));
        info.putAll(parts.activities()
                .verboseInfo(subject(container), container.status().createdAt()));
        return info;
    }

    /** Finishes what a container that is CREATING, with no creation under way, had begun: all of it is undone. */
    public void undoCreation(Container container) throws InterruptedException {
        boolean unused = removals.join(container.id(), "undo creation of container " + container.id(), () -> {
            if (parts.state().containers().find(container.id()).isPresent()) {
                create.undo(container);
            }
            return true;
        });
    }

    /** Removes what is left of a container that no record knows. */
    public void removeOrphan(String id, Set<String> handlers) throws InterruptedException {
        create.removeOrphan(id, handlers);
    }

    /** Asks the OCI runtime whether a start that a crash cut short has succeeded. */
    public void settleStart(String id) throws InterruptedException {
        try (KeyedLocks.Held held = starts.lock(id)) {
            start.settle(status(id));
        }
    }

    @Override
    public void close() {
        exits.close();
    }
}

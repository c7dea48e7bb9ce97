package io.gantry.pod.sandbox;

import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.concurrent.SingleFlight;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.activity.Subject;
import io.gantry.pod.activity.Verb;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Pod sandboxes: the façade over the verbs of this package. Reads never wait; two calls that change one sandbox run one
 * after the other; a second run of the same name joins the first and gets its result.
 */
public final class PodSandboxes implements AutoCloseable {
    private final SandboxParts parts;
    private final PauseWatch pauses;
    private final OrphanSandbox orphans;
    private final RunPodSandbox run;
    private final StopPodSandbox stop;
    private final RemovePodSandbox remove;
    private final DialInPod dial;
    private final CheckpointPod checkpoint;
    private final RestorePod restore;
    private final SingleFlight<String, String> runs = new SingleFlight<>();
    private final KeyedLocks<String> locks = new KeyedLocks<>();

    public PodSandboxes(SandboxParts parts) {
        this.parts = parts;
        this.pauses = new PauseWatch(parts.state(), parts.events(), parts.clock());
        this.orphans = new OrphanSandbox(parts.state().paths(), parts.cgroups(), parts.mounts());
        this.stop = new StopPodSandbox(parts, pauses);
        this.run = new RunPodSandbox(parts, stop, pauses);
        this.remove = new RemovePodSandbox(parts, stop);
        this.dial = new DialInPod(parts.namespaces(), JnaSyscalls.instance());
        this.checkpoint = new CheckpointPod(parts);
        this.restore = new RestorePod(parts, this);
    }

    /**
     * RunPodSandbox. When it fails or is interrupted, nothing is left.
     *
     * @param runtimeHandler name of a handler, empty for the default
     * @return the id
     * @throws GantryException NOT_FOUND for an unknown handler; ALREADY_EXISTS when a sandbox of that name is not READY any
     *     more; what the failed step says
     */
    public String run(PodSandboxConfig config, String runtimeHandler) throws InterruptedException {
        String name = config.metadata().uniqueName();
        return runs.join(
                name,
                "run pod sandbox " + config.metadata().display(),
                () -> parts.activities()
                        .call(
                                Verb.RUN_POD_SANDBOX,
                                Subject.pod(config.metadata()),
                                activity -> runOnce(name, config, runtimeHandler, activity)));
    }

    private String runOnce(String name, PodSandboxConfig config, String runtimeHandler, Activity activity)
            throws InterruptedException {
        Optional<PodSandbox> existing = named(name);
        if (existing.isPresent() && existing.get().state() == SandboxState.CREATING) {
            // Of an earlier run of the daemon: runs of one name are here one at a time.
            activity.step("undo earlier run", "what an earlier run of the daemon had begun to be undone");
            undoCreation(existing.get().id());
            existing = named(name);
        }
        if (existing.isEmpty()) {
            return run.execute(config, runtimeHandler, activity);
        }
        if (existing.get().isReady()) {
            return existing.get().id();
        }
        throw GantryException.of(
                        ErrorKind.ALREADY_EXISTS,
                        "run pod sandbox " + config.metadata().display(),
                        "sandbox " + existing.get().id() + " of the same name, uid and attempt is "
                                + existing.get().state())
                .withRemedy("remove it first, or use the next attempt number");
    }

    /**
     * CheckpointPod: writes containers of a pod as of one moment into a directory, and lets them go on.
     *
     * @param output absolute path of an empty directory
     * @param containerIds running containers of the pod, each once
     * @throws GantryException INVALID_ARGUMENT; NOT_FOUND; FAILED_PRECONDITION when the pod, one of the containers or this
     *     host cannot be checkpointed; DEADLINE_EXCEEDED; the directory is empty then
     */
    public void checkpoint(String id, String output, List<String> containerIds) throws InterruptedException {
        PodSandbox sandbox = status(id);
        parts.activities().run(Verb.CHECKPOINT_POD, Subject.of(sandbox), activity -> {
            activity.parts("checkpoint");
            checkpoint.execute(sandbox, output, containerIds);
        });
    }

    /**
     * RestorePod: makes a sandbox and containers from what {@link #checkpoint} wrote. Their processes go on when each is
     * started. When it fails or is interrupted, nothing is left.
     *
     * @param directory absolute path of the checkpoint, which stays as it is
     * @param containers one config for each container in the checkpoint, by the same names
     * @throws GantryException INVALID_ARGUMENT when they do not fit, or the checkpoint cannot be used; ALREADY_EXISTS when
     *     there is a sandbox of that name; FAILED_PRECONDITION when this host cannot restore it
     */
    public RestoredPod restore(
            String directory, PodSandboxConfig config, String runtimeHandler, List<ContainerConfig> containers)
            throws InterruptedException {
        return parts.activities().call(Verb.RESTORE_POD, Subject.pod(config.metadata()), activity -> {
            activity.parts("restore");
            return restore.execute(directory, config, runtimeHandler, containers);
        });
    }

    Optional<PodSandbox> named(String uniqueName) {
        return parts.state().sandboxes().all().stream()
                .filter(sandbox -> sandbox.config().metadata().uniqueName().equals(uniqueName))
                .findFirst();
    }

    /** StopPodSandbox: idempotent, and a success for an unknown id, such as that of one that is still being made. */
    public void stop(String id) throws InterruptedException {
        withLock(id, Verb.STOP_POD_SANDBOX, (sandbox, activity) -> {
            if (sandbox.state() != SandboxState.CREATING) {
                stop.execute(sandbox, activity);
            }
        });
    }

    /** RemovePodSandbox: idempotent, and a success for an unknown id, as {@link #stop}. */
    public void remove(String id) throws InterruptedException {
        withLock(id, Verb.REMOVE_POD_SANDBOX, (sandbox, activity) -> {
            if (sandbox.state() != SandboxState.CREATING) {
                remove.execute(sandbox, activity);
            }
        });
    }

    private interface Change {
        void apply(PodSandbox sandbox, Activity activity) throws InterruptedException;
    }

    private void withLock(String idOrPrefix, Verb verb, Change change) throws InterruptedException {
        Optional<PodSandbox> sandbox = parts.state().findSandbox(idOrPrefix);
        if (sandbox.isEmpty()) {
            return;
        }
        String id = sandbox.get().id();
        parts.activities().run(verb, Subject.of(sandbox.get()), activity -> {
            activity.turn();
            try (KeyedLocks.Held held = locks.lock(id)) {
                activity.done();
                Optional<PodSandbox> current = parts.state().sandboxes().find(id);
                if (current.isPresent()) {
                    change.apply(current.get(), activity);
                }
            }
        });
    }

    /**
     * PodSandboxStatus.
     *
     * @throws GantryException NOT_FOUND for an unknown id, and for one that is still being created
     */
    public PodSandbox status(String id) {
        return parts.state()
                .findSandbox(id)
                .filter(sandbox -> sandbox.state() != SandboxState.CREATING)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND, "find pod sandbox " + id, "there is no sandbox of that id"));
    }

    /** ListPodSandbox, newest first; sandboxes that are still being created are not listed. */
    public List<PodSandbox> list(SandboxFilter filter) {
        return parts.state().sandboxes().all().stream()
                .filter(sandbox -> sandbox.state() != SandboxState.CREATING)
                .filter(filter::matches)
                .sorted(Comparator.comparing(PodSandbox::createdAt).reversed())
                .toList();
    }

    /**
     * UpdatePodSandboxResources: kept with the sandbox for information; the kubelet itself sets the pod's cgroup.
     *
     * @param overhead null leaves it as it is
     * @param resources null leaves them as they are
     * @throws GantryException NOT_FOUND for an unknown id; FAILED_PRECONDITION when a plugin refuses it
     */
    public void updateResources(String id, @Nullable LinuxResources overhead, @Nullable LinuxResources resources)
            throws InterruptedException {
        PodSandbox sandbox = status(id);
        parts.plugins().updatePodSandbox(sandbox, overhead, resources);
        Optional<PodSandbox> updated = parts.state()
                .sandboxes()
                .update(
                        sandbox.id(),
                        current -> current.withConfig(current.config()
                                .withResources(
                                        overhead == null ? current.config().overhead() : overhead,
                                        resources == null ? current.config().resources() : resources)));
        parts.plugins().postUpdatePodSandbox(updated.orElse(sandbox));
    }

    /** After a restart: looks after every sandbox that is READY; one whose pause process is gone is not READY any more. */
    public void watchPauseProcesses() {
        parts.state().sandboxes().all().stream().filter(PodSandbox::isReady).forEach(pauses::track);
    }

    @Override
    public void close() {
        pauses.close();
    }

    /**
     * PortForward: connects to a TCP port on the loopback addresses of the pod.
     *
     * @return a connected socket that does not block, for the caller to close
     * @throws GantryException NOT_FOUND for an unknown id; FAILED_PRECONDITION when it is not READY; UNAVAILABLE when
     *     nothing answers there
     */
    public Fd dial(String id, int port) throws InterruptedException {
        return dial.execute(status(id), port);
    }

    /** What PodSandboxStatus tells beyond its fields when asked to be verbose. */
    public Map<String, Object> verboseInfo(String id) {
        PodSandbox sandbox = status(id);
        Map<String, Object> info = new LinkedHashMap<>(SandboxInfo.of(parts, sandbox));
        info.putAll(parts.activities().verboseInfo(Subject.of(sandbox), sandbox.createdAt()));
        return info;
    }

    /** Finishes, after a restart, what a sandbox found CREATING had begun: all of it is undone. */
    public void undoCreation(String id) throws InterruptedException {
        withLock(id, Verb.REMOVE_POD_SANDBOX, (sandbox, activity) -> {
            if (sandbox.state() == SandboxState.CREATING) {
                remove.execute(sandbox, activity);
            }
        });
    }

    /**
     * Ends and removes, after a restart, what is left of a sandbox that no record knows; its network must have been given
     * back before.
     */
    public void removeOrphan(String id) throws InterruptedException {
        orphans.remove(id);
    }
}

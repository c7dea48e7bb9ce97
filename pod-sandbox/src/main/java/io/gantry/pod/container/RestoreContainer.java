package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.checkpoint.CheckpointFiles;
import io.gantry.pod.checkpoint.StagedCheckpoint;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.runtime.CriuLog;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.ContainerStatus;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a container that was created from a checkpoint: its processes go on from where they were. */
final class RestoreContainer {
    private static final Logger log = LoggerFactory.getLogger(RestoreContainer.class);

    private final ContainerParts parts;
    private final ContainerExits exits;
    private final Creations running;

    /** @param running the restores under way, for those who stop their containers */
    RestoreContainer(ContainerParts parts, ContainerExits exits, Creations running) {
        this.parts = parts;
        this.exits = exits;
        this.running = running;
    }

    /**
     * Returns once its processes run. When this fails, the container is over; when it is interrupted, it is as before.
     *
     * @throws GantryException FAILED_PRECONDITION with criu's reason, when it cannot be restored; the container waits as
     *     before where criu is not there or does not work
     */
    void execute(Container container, String action, Activity activity) throws InterruptedException {
        parts.runtimes().of(container.handler()).checkpoints().require(action);
        try (Creations.Creation current = running.begin(container.id())) {
            Instant startedAt = parts.clock().instant();
            activity.step("note");
            OciRuntime runtime = parts.runtimes().of(container.handler());
            if (!noteThatStartBegins(container, startedAt)) {
                throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "it was stopped meanwhile");
            }
            Conmon.Created processes;
            try {
                Deadline deadline = Deadline.after(parts.operationTimeout());
                activity.step("runtime", "the OCI runtime and criu to restore its processes", deadline);
                processes = restore(container, runtime, deadline);
            } catch (GantryException e) {
                abort(container, runtime);
                if (current.settle()) {
                    noteThatItWaits(container);
                    throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "it was stopped meanwhile")
                            .causedBy(e);
                }
                throw failed(container, e, action);
            } catch (InterruptedException e) {
                abort(container, runtime);
                noteThatItWaits(container);
                throw e;
            }
            boolean unused = current.settle();
            activity.step("listed");
            noteThatItRuns(container, startedAt, processes);
            activity.done();
            log.debug("container restored: container={} ms=\"{}\"", container.id(), activity.clock());
        }
        forgetCheckpoint(container);
    }

    private Conmon.Created restore(Container container, OciRuntime runtime, Deadline deadline)
            throws InterruptedException {
        Path bundle = parts.state().paths().bundle(container.id());
        Conmon.CreateRequest request = new Conmon.CreateRequest(
                container.id(),
                container.config().metadata().name(),
                bundle,
                runtime,
                container.logPath(),
                false,
                container.config().stdin(),
                container.config().stdinOnce(),
                parts.state().paths().restore(container.id()).resolve(CheckpointFiles.IMAGES));
        try (Conmon.Pending monitor = parts.conmon().start(request)) {
            return monitor.create(deadline);
        }
    }

    private GantryException failed(Container container, GantryException problem, String action) {
        Path criu = parts.state().paths().bundle(container.id()).resolve(CriuLog.RESTORE);
        GantryException told = problem.kind() == ErrorKind.DEADLINE_EXCEEDED
                ? problem
                : CriuLog.failure(action, criu, problem.problem()).causedBy(problem);
        exits.settle(
                container,
                parts.clock().instant(),
                StartContainer.START_ERROR_CODE,
                ContainerExits.START_ERROR,
                told.problem());
        return told;
    }

    /** conmon, the runtime, criu and what they have restored so far; the next start finds none of them. */
    private void abort(Container container, OciRuntime runtime) {
        try {
            parts.conmon().abort(container.id(), runtime);
            parts.cgroups().killAll(container.cgroup());
            parts.exits().remove(container.id());
        } catch (GantryException e) {
            log.warn(
                    "what was restored is ended by the container's removal: container={} error=\"{}\"",
                    container.id(),
                    e.getMessage());
        }
    }

    /**
     * After a restore that was cut off with the daemon: conmon may have finished it. What has not come so far is ended, and
     * the container can be started again.
     */
    void settle(Container container) throws InterruptedException {
        Instant startedAt = container.status().startedAt();
        if (startedAt == null || exits.check(container.id())) {
            return;
        }
        OciRuntime runtime = parts.runtimes().of(container.handler());
        String state = runtime.state(container.id(), Deadline.after(parts.operationTimeout()));
        Optional<Conmon.Created> processes =
                parts.conmon().processes(parts.state().paths().bundle(container.id()));
        if (state.equals("running") && processes.isPresent() && processes.get().monitor() != null) {
            noteThatItRuns(container, startedAt, processes.get());
            forgetCheckpoint(container);
        } else if (!exits.check(container.id())) {
            abort(container, runtime);
            noteThatItWaits(container);
        }
    }

    /** On disk before the restore: after a crash the OCI runtime must be asked how far it came. */
    private boolean noteThatStartBegins(Container container, Instant startedAt) {
        Long foreign = exits.ooms().foreignKills(container);
        return parts.state()
                .containers()
                .update(container.id(), current -> {
                    ContainerStatus status = current.status();
                    return status.canStart()
                            ? current.withStatus(status.starting(startedAt).withForeignOomKills(foreign))
                            : current;
                })
                .filter(now -> now.status().isStartUnsettled())
                .isPresent();
    }

    private void noteThatItWaits(Container container) {
        var unused = parts.state().containers().update(container.id(), current -> {
            ContainerStatus status = current.status();
            return status.isStartUnsettled() ? current.withStatus(status.notStarted()) : current;
        });
    }

    private void noteThatItRuns(Container container, Instant startedAt, Conmon.Created processes) {
        parts.events().inOrder(container.id(), () -> {
            boolean[] first = {false};
            Optional<Container> now = parts.state().containers().update(container.id(), current -> {
                ContainerStatus status = current.status();
                first[0] = status.phase() == ContainerPhase.CREATED;
                return first[0]
                        ? current.withStatus(status.restored(startedAt, processes.init(), processes.monitor()))
                        : current;
            });
            if (first[0] && now.isPresent()) {
                exits.track(now.get());
                parts.events()
                        .publish(new PodEvent(PodEvent.Kind.STARTED, container.id(), container.sandboxId(), startedAt));
            }
        });
    }

    /** Deletes the checkpoint, whose memory is the processes' again; removal of the container deletes it where this fails. */
    private void forgetCheckpoint(Container container) {
        try {
            StagedCheckpoint.discard(parts.state().paths().restore(container.id()));
        } catch (GantryException e) {
            log.warn("checkpoint of a restored container stays until it is removed: {}", e.getMessage());
        }
    }
}

package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.ContainerStatus;
import io.gantry.pod.state.PodSandbox;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a created container: lets its first process, which waits, run its program. */
final class StartContainer {
    /** Exit code of a container whose program could not be started, as peers give it. */
    static final int START_ERROR_CODE = 128;

    private static final Logger log = LoggerFactory.getLogger(StartContainer.class);

    private final ContainerParts parts;
    private final ContainerExits exits;
    private final RestoreContainer restore;

    StartContainer(ContainerParts parts, ContainerExits exits, RestoreContainer restore) {
        this.parts = parts;
        this.exits = exits;
        this.restore = restore;
    }

    void execute(Container given, Activity activity) throws InterruptedException {
        Container container = given;
        if (container.status().isStartUnsettled()) {
            // An earlier start was cut off: a second one would fail though the container runs.
            activity.step("settle", "the OCI runtime to tell what became of an earlier start");
            settle(container);
            container = parts.state().containers().find(container.id()).orElse(container);
        }
        if (container.status().isStartUnsettled()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION, action(container), "an earlier start was cut off and it has ended");
        }
        if (!container.status().canStart()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action(container),
                    "it is " + container.status().phase() + ", only a created container can be started");
        }
        PodSandbox sandbox =
                parts.state().sandboxes().find(container.sandboxId()).orElse(null);
        if (sandbox != null) {
            if (parts.plugins().present()) {
                activity.step("plugins", "NRI plugins");
            }
            parts.plugins().startContainer(sandbox, container);
        }
        if (container.status().awaitsRestore()) {
            restore.execute(container, action(container), activity);
        } else {
            startProgram(container, activity);
        }
        if (sandbox != null) {
            if (parts.plugins().present()) {
                activity.step("tell", "NRI plugins");
            }
            parts.plugins()
                    .postStartContainer(
                            sandbox,
                            parts.state().containers().find(container.id()).orElse(container));
        }
    }

    private void startProgram(Container container, Activity activity) throws InterruptedException {
        Instant startedAt = parts.clock().instant();
        activity.step("note");
        noteThatStartBegins(container, startedAt);
        Deadline deadline = Deadline.after(parts.operationTimeout());
        activity.step("runtime", "the OCI runtime (" + container.handler() + " start)", deadline);
        try {
            parts.runtimes().of(container.handler()).start(container.id(), action(container), deadline);
        } catch (GantryException e) {
            failed(container, e);
            throw e;
        } catch (InterruptedException e) {
            settleInterrupted(container);
            throw e;
        }
        activity.step("listed");
        noteThatItRuns(container, startedAt);
        activity.done();
        log.debug("container started: container={} ms=\"{}\"", container.id(), activity.clock());
    }

    private static String action(Container container) {
        return "start container " + container.id();
    }

    /** An end that conmon has told of counts; else the program never ran, and its first process must not wait forever. */
    private void failed(Container container, GantryException problem) {
        if (exits.check(container.id())) {
            return;
        }
        exits.settle(
                container, parts.clock().instant(), START_ERROR_CODE, ContainerExits.START_ERROR, problem.problem());
        ProcessIdentity init = container.status().init();
        try (PidFd process = init == null ? null : PidFd.open(init).orElse(null)) {
            if (process != null) {
                boolean unused = process.signal(Signals.SIGKILL);
            }
        }
    }

    /** The runtime was killed half-way: it may have started the container, or not. The flag is kept. */
    private void settleInterrupted(Container container) {
        boolean unused = Thread.interrupted();
        try {
            settle(parts.state().containers().find(container.id()).orElse(container));
        } catch (GantryException | InterruptedException e) {
            log.warn(
                    "it is not known whether a container was started: container={} error=\"{}\"",
                    container.id(),
                    e.getMessage());
        } finally {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * After a start that was cut off: the one place where the OCI runtime is asked for a state, since only it knows. One
     * that has ended is left to conmon's word.
     */
    void settle(Container container) throws InterruptedException {
        Instant startedAt = container.status().startedAt();
        if (!container.status().isStartUnsettled() || startedAt == null) {
            return;
        }
        if (container.status().awaitsRestore()) {
            restore.settle(container);
            return;
        }
        String state = parts.runtimes()
                .of(container.handler())
                .state(container.id(), Deadline.after(parts.operationTimeout()));
        if (state.equals("running")) {
            noteThatItRuns(container, startedAt);
        } else if (state.equals("created")) {
            var unused = parts.state().containers().update(container.id(), current -> {
                ContainerStatus status = current.status();
                return status.isStartUnsettled() ? current.withStatus(status.notStarted()) : current;
            });
        }
    }

    /** On disk before the start: after a crash, a created container with a start time is one to ask the runtime about. */
    private void noteThatStartBegins(Container container, Instant startedAt) {
        Long foreign = exits.ooms().foreignKills(container);
        var unused = parts.state().containers().update(container.id(), current -> {
            ContainerStatus status = current.status();
            return status.canStart()
                    ? current.withStatus(status.starting(startedAt).withForeignOomKills(foreign))
                    : current;
        });
    }

    private void noteThatItRuns(Container container, Instant startedAt) {
        parts.events().inOrder(container.id(), () -> {
            boolean[] first = {false};
            var unused = parts.state().containers().update(container.id(), current -> {
                ContainerStatus status = current.status();
                // A short program may be over, and noticed, before the runtime's start returns.
                first[0] = status.phase() == ContainerPhase.CREATED;
                return first[0] ? current.withStatus(status.running(startedAt)) : current;
            });
            if (first[0]) {
                parts.events()
                        .publish(new PodEvent(PodEvent.Kind.STARTED, container.id(), container.sandboxId(), startedAt));
            }
        });
    }
}

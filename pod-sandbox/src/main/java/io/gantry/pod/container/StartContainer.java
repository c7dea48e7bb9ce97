package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.ContainerStatus;
import java.time.Instant;

/** Starts a created container: lets its first process, which waits, run its program. */
final class StartContainer {
    /** Exit code of a container whose program could not be started, as peers give it. */
    private static final int START_ERROR_CODE = 128;

    private final ContainerParts parts;
    private final ContainerExits exits;

    StartContainer(ContainerParts parts, ContainerExits exits) {
        this.parts = parts;
        this.exits = exits;
    }

    void execute(Container container) throws InterruptedException {
        if (!container.status().canStart()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    "start container " + container.id(),
                    "it is " + container.status().phase() + ", only a created container can be started");
        }
        Instant startedAt = parts.clock().instant();
        noteThatStartBegins(container, startedAt);
        try {
            parts.runtimes()
                    .of(container.handler())
                    .start(
                            container.id(),
                            "start container " + container.id(),
                            Deadline.after(parts.operationTimeout()));
        } catch (GantryException e) {
            exits.settle(container, parts.clock().instant(), START_ERROR_CODE, ContainerExits.START_ERROR, e.problem());
            throw e;
        }
        noteThatItRuns(container, startedAt);
    }

    /** After a restart: the one place where the OCI runtime is asked for a state, since only it knows. */
    void settle(Container container) throws InterruptedException {
        Instant startedAt = container.status().startedAt();
        if (!container.status().isStartUnsettled() || startedAt == null) {
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
        var unused = parts.state().containers().update(container.id(), current -> {
            ContainerStatus status = current.status();
            return status.canStart() ? current.withStatus(status.starting(startedAt)) : current;
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

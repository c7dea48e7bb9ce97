package io.gantry.pod.container;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.monitor.AttachConnection;
import io.gantry.pod.state.Container;

/** Joins a client to the streams of a running container, through its monitor. */
final class AttachToContainer {
    private final ContainerParts parts;
    private final Syscalls syscalls;

    AttachToContainer(ContainerParts parts, Syscalls syscalls) {
        this.parts = parts;
        this.syscalls = syscalls;
    }

    AttachConnection execute(Container container) throws InterruptedException {
        if (!container.status().isRunning()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    "attach to container " + container.id(),
                    "the container is not running, it is " + container.status().phase());
        }
        return AttachConnection.open(
                syscalls, parts.control(), container.id(), parts.state().paths().bundle(container.id()));
    }
}

package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.spec.ResourceLimits;
import io.gantry.pod.state.Container;

/** Changes the resource limits of a container that has not ended. */
final class UpdateContainerResources {
    private final ContainerParts parts;

    UpdateContainerResources(ContainerParts parts) {
        this.parts = parts;
    }

    /** When the runtime refuses, limits and record stay as they were. */
    void execute(Container container, LinuxResources change) throws InterruptedException {
        String action = "update resources of container " + container.id();
        if (!container.status().mayHaveProcess()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action,
                    "it is " + container.status().phase());
        }
        if (container.status().awaitsRestore()) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION, action, "its processes are not restored from their checkpoint yet")
                    .withRemedy("start it first");
        }
        OciRuntime runtime = parts.runtimes().of(container.handler());
        LinuxResources merged = ResourceLimits.merge(container.resources(), change);
        runtime.update(
                container.id(),
                new ResourceLimits(parts.hostLimits(), runtime.handler().features(), action).toJson(merged),
                Deadline.after(parts.operationTimeout()));
        var unused = parts.state().containers().update(container.id(), current -> current.withResources(merged));
    }
}

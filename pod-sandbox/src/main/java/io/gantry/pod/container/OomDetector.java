package io.gantry.pod.container;

import io.gantry.pod.state.Container;
import org.jspecify.annotations.Nullable;

/** Whether the kernel's OOM killer ended a container: the cgroup's own counters at exit, and conmon's marker. */
@FunctionalInterface
interface OomDetector {
    /**
     * May be asked again about the same end, and then says the same.
     *
     * @param exitCode 137 when the first process itself was killed
     */
    boolean wasOomKilled(Container container, int exitCode);

    /** Before a start: what {@link io.gantry.pod.state.ContainerStatus#foreignOomKills} is to be noted. */
    default @Nullable Long foreignKills(Container container) {
        return null;
    }

    /** SIGKILL is about to be sent to the first process, which lives: its end is no work of the OOM killer. */
    default void killing(String containerId) {}

    /** The container has ended and its cgroup has been removed. */
    default void cgroupRemoved(Container container) {}

    /** The container is removed. */
    default void forget(String containerId) {}
}

package io.gantry.pod.container;

import io.gantry.pod.state.Container;

/** Whether the kernel's OOM killer ended a container: the cgroup's own counters at exit, and conmon's marker. */
@FunctionalInterface
interface OomDetector {
    /** @param exitCode 137 when the first process itself was killed */
    boolean wasOomKilled(Container container, int exitCode);
}

package io.gantry.pod.container;

import io.gantry.pod.state.Container;
import java.nio.file.Files;
import java.nio.file.Path;

/** Asks the cgroup's own counter, which is there until the clean-up, and conmon's marker in the bundle. */
final class CgroupOomDetector implements OomDetector {
    private static final int KILLED = 137;

    private final ContainerParts parts;

    CgroupOomDetector(ContainerParts parts) {
        this.parts = parts;
    }

    /** A child may have been killed and the container ended well: only an exit by SIGKILL counts. */
    @Override
    public boolean wasOomKilled(Container container, int exitCode) {
        if (exitCode != KILLED) {
            return false;
        }
        Path marker = parts.state().paths().bundle(container.id()).resolve("oom");
        return Files.exists(marker)
                || parts.cgroups().oomKills(container.cgroup()).orElse(0) > 0;
    }
}

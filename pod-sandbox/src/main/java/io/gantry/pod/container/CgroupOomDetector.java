package io.gantry.pod.container;

import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodState;
import java.nio.file.Files;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks the cgroup's own counter and conmon's marker in the bundle. systemd may have removed the scope of a container that ended
 * before either of the two could look; then its parent's counter says.
 */
final class CgroupOomDetector implements OomDetector {
    private static final int KILLED = 137;

    private final PodState state;
    private final Cgroups cgroups;
    private final VanishedOomKills vanished;
    private final Set<String> killedByUs = ConcurrentHashMap.newKeySet();

    CgroupOomDetector(PodState state, Cgroups cgroups) {
        this.state = state;
        this.cgroups = cgroups;
        this.vanished = new VanishedOomKills(state, cgroups);
    }

    /** A child may have been killed and the container ended well: only an exit by SIGKILL counts. */
    @Override
    public boolean wasOomKilled(Container container, int exitCode) {
        boolean marked = Files.exists(state.paths().bundle(container.id()).resolve("oom"));
        OptionalLong own = cgroups.oomKills(container.cgroup());
        if (own.isPresent()) {
            return exitCode == KILLED && (marked || own.getAsLong() > 0);
        }
        boolean likely = exitCode == KILLED && (marked || !killedByUs.contains(container.id()));
        long counted = vanished.attribute(container, likely);
        return likely && (marked || counted > 0);
    }

    @Override
    public @Nullable Long foreignKills(Container container) {
        return vanished.foreign(container);
    }

    @Override
    public void killing(String containerId) {
        killedByUs.add(containerId);
    }

    /** What its counter said when it ended is in its parent's figure now, and must not be taken for a neighbour's. */
    @Override
    public void cgroupRemoved(Container container) {
        long unused = vanished.attribute(container, false);
    }

    @Override
    public void forget(String containerId) {
        killedByUs.remove(containerId);
    }
}

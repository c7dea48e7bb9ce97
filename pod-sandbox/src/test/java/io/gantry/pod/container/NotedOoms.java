package io.gantry.pod.container;

import io.gantry.pod.state.Container;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Sees no OOM kill, and notes what it is told. */
final class NotedOoms implements OomDetector {
    /** What containers that are started have to note. */
    static final long FOREIGN = 7;

    final List<String> told = new CopyOnWriteArrayList<>();

    @Override
    public boolean wasOomKilled(Container container, int exitCode) {
        return false;
    }

    @Override
    public @Nullable Long foreignKills(Container container) {
        return FOREIGN;
    }

    @Override
    public void killing(String containerId) {
        told.add("killing " + containerId);
    }

    @Override
    public void forget(String containerId) {
        told.add("forget " + containerId);
    }
}

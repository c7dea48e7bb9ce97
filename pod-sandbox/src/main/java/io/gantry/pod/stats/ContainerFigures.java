package io.gantry.pod.stats;

import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.pod.state.Container;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * All figures of one running container.
 *
 * @param processes null when they could not be counted in time
 * @param writableLayer null when it was not measured in time
 */
public record ContainerFigures(
        Container container,
        Instant at,
        CgroupFigures cgroup,
        @Nullable ProcessCounts processes,
        @Nullable SnapshotUsage writableLayer) {}

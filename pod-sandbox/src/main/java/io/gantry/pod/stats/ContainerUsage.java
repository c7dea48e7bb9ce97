package io.gantry.pod.stats;

import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.pod.state.Container;
import org.jspecify.annotations.Nullable;

/**
 * What one container uses.
 *
 * @param cgroup null when it does not run
 * @param nanoCores nanoseconds of CPU time per second, lately; null while it cannot be told
 * @param memoryLimit bytes; null for none
 * @param swapLimit bytes of swap alone; null for none
 * @param writableLayer as it was last measured; null when it was not
 * @param filesystem a path on the writable layer's file system
 */
public record ContainerUsage(
        Container container,
        @Nullable CgroupUsage cgroup,
        @Nullable Long nanoCores,
        @Nullable Long memoryLimit,
        @Nullable Long swapLimit,
        @Nullable SnapshotUsage writableLayer,
        String filesystem) {}

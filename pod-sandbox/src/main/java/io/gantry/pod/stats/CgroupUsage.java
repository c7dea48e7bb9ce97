package io.gantry.pod.stats;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a cgroup and those below it use: the figures of stats.
 *
 * @param at when they were read
 * @param cpuNanos CPU time since the cgroup was made, all cores together
 * @param swapBytes null where the kernel does not count swap
 */
public record CgroupUsage(
        Instant at,
        long cpuNanos,
        MemoryUsage memory,
        @Nullable Long swapBytes,
        Pressures pressures) {
    /** Together with another cgroup; pressures do not add up and are left out. */
    CgroupUsage plus(CgroupUsage other) {
        Long swap = swapBytes == null || other.swapBytes == null ? null : Long.valueOf(swapBytes + other.swapBytes);
        return new CgroupUsage(at, cpuNanos + other.cpuNanos, memory.plus(other.memory), swap, Pressures.UNKNOWN);
    }
}

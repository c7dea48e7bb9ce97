package io.gantry.pod.stats;

/**
 * Memory of a cgroup and those below it.
 *
 * @param usage bytes charged
 * @param workingSet usage without the inactive file cache, which can be had back at any time: what the kubelet evicts by
 * @param rss anonymous memory
 * @param pageFaults since the cgroup was made
 * @param majorPageFaults those that needed IO
 */
public record MemoryUsage(long usage, long workingSet, long rss, long pageFaults, long majorPageFaults) {
    static MemoryUsage of(long usage, long inactiveFile, long rss, long pageFaults, long majorPageFaults) {
        return new MemoryUsage(usage, Math.max(0, usage - inactiveFile), rss, pageFaults, majorPageFaults);
    }

    MemoryUsage plus(MemoryUsage other) {
        return new MemoryUsage(
                usage + other.usage,
                workingSet + other.workingSet,
                rss + other.rss,
                pageFaults + other.pageFaults,
                majorPageFaults + other.majorPageFaults);
    }
}

package io.gantry.pod.config;

import java.util.List;
import java.util.Map;

/**
 * Resource limits of a container or pod (api.proto LinuxContainerResources). Zero or empty means not given.
 *
 * @param cpuPeriod CFS period in microseconds
 * @param cpuQuota CFS quota in microseconds per period; negative for no limit
 * @param cpuShares relative weight, cgroup v1 scale
 * @param memoryLimit bytes
 * @param oomScoreAdj -1000 to 1000
 * @param unified cgroup v2 file name to content
 * @param memorySwapLimit memory and swap together, in bytes; negative for no limit
 */
public record LinuxResources(
        long cpuPeriod,
        long cpuQuota,
        long cpuShares,
        long memoryLimit,
        long oomScoreAdj,
        String cpusetCpus,
        String cpusetMems,
        List<HugepageLimit> hugepageLimits,
        Map<String, String> unified,
        long memorySwapLimit) {
    /** Nothing limited. */
    public static final LinuxResources NONE = new LinuxResources(0, 0, 0, 0, 0, "", "", List.of(), Map.of(), 0);

    /**
     * @param pageSize as in the cgroup file's name: {@code 2MB}
     * @param limit bytes
     */
    public record HugepageLimit(String pageSize, long limit) {}

    public LinuxResources {
        hugepageLimits = List.copyOf(hugepageLimits);
        unified = Map.copyOf(unified);
    }
}

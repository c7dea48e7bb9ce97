package io.gantry.cri.translate;

import io.gantry.cri.v1.HugepageLimit;
import io.gantry.cri.v1.LinuxContainerResources;
import io.gantry.pod.config.LinuxResources;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Resource limits. */
final class ResourceMessages {
    private static final Pattern CPU_LIST = Pattern.compile("(\\d+(-\\d+)?(,\\d+(-\\d+)?)*)?");
    private static final Pattern PAGE_SIZE = Pattern.compile("\\d+[KMGT]B");

    private ResourceMessages() {}

    static LinuxResources resources(LinuxContainerResources message, Checks checks, String field) {
        long period = message.getCpuPeriod();
        // The kernel's own bounds (sched-bwc): 1 ms to 1 s.
        checks.require(
                period == 0 || (period >= 1000 && period <= 1_000_000),
                field + ".cpu_period",
                "is not from 1000 to 1000000 microseconds: " + period);
        long quota = message.getCpuQuota();
        checks.require(quota <= 0 || quota >= 1000, field + ".cpu_quota", "is below 1000 microseconds: " + quota);
        checks.require(message.getCpuShares() >= 0, field + ".cpu_shares", "is negative: " + message.getCpuShares());
        checks.inRange(message.getMemoryLimitInBytes(), -1, Long.MAX_VALUE, field + ".memory_limit_in_bytes");
        checks.inRange(message.getMemorySwapLimitInBytes(), -1, Long.MAX_VALUE, field + ".memory_swap_limit_in_bytes");
        checks.require(
                message.getMemorySwapLimitInBytes() <= 0
                        || message.getMemoryLimitInBytes() <= message.getMemorySwapLimitInBytes(),
                field + ".memory_swap_limit_in_bytes",
                "is below memory_limit_in_bytes, though it stands for memory and swap together: "
                        + message.getMemorySwapLimitInBytes());
        return new LinuxResources(
                period,
                quota,
                message.getCpuShares(),
                message.getMemoryLimitInBytes(),
                checks.inRange(message.getOomScoreAdj(), -1000, 1000, field + ".oom_score_adj"),
                cpuList(message.getCpusetCpus(), checks, field + ".cpuset_cpus"),
                cpuList(message.getCpusetMems(), checks, field + ".cpuset_mems"),
                hugepages(message.getHugepageLimitsList(), checks, field + ".hugepage_limits"),
                unified(message.getUnifiedMap(), checks, field + ".unified"),
                message.getMemorySwapLimitInBytes());
    }

    static LinuxContainerResources toMessage(LinuxResources resources) {
        return LinuxContainerResources.newBuilder()
                .setCpuPeriod(resources.cpuPeriod())
                .setCpuQuota(resources.cpuQuota())
                .setCpuShares(resources.cpuShares())
                .setMemoryLimitInBytes(resources.memoryLimit())
                .setOomScoreAdj(resources.oomScoreAdj())
                .setCpusetCpus(resources.cpusetCpus())
                .setCpusetMems(resources.cpusetMems())
                .addAllHugepageLimits(resources.hugepageLimits().stream()
                        .map(limit -> HugepageLimit.newBuilder()
                                .setPageSize(limit.pageSize())
                                .setLimit(limit.limit())
                                .build())
                        .toList())
                .putAllUnified(resources.unified())
                .setMemorySwapLimitInBytes(resources.memorySwapLimit())
                .build();
    }

    private static String cpuList(String list, Checks checks, String field) {
        checks.require(CPU_LIST.matcher(list).matches(), field, "is not a list such as \"0-3,7\": \"" + list + "\"");
        return list;
    }

    private static List<LinuxResources.HugepageLimit> hugepages(
            List<HugepageLimit> messages, Checks checks, String field) {
        return messages.stream()
                .map(message -> {
                    checks.require(
                            PAGE_SIZE.matcher(message.getPageSize()).matches(),
                            field,
                            "has a page size that is not like \"2MB\": \"" + message.getPageSize() + "\"");
                    // uint64 on the wire, signed in Java.
                    checks.require(message.getLimit() >= 0, field, "has a limit beyond 2^63 - 1");
                    return new LinuxResources.HugepageLimit(message.getPageSize(), message.getLimit());
                })
                .toList();
    }

    /** That each names a cgroup file is seen to where limits become a specification: plugins, too, ask for some. */
    private static Map<String, String> unified(Map<String, String> files, Checks checks, String field) {
        files.values().forEach(value -> checks.noZero(value, field));
        return files;
    }
}

package io.gantry.pod.stats;

import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of one cgroup, each at most once. Paths are relative to the controllers' mount points and begin with a
 * slash. Figures include the cgroups below.
 */
sealed interface CgroupReader permits CgroupV1Reader, CgroupV2Reader {
    /** The reader for this host. */
    static CgroupReader of(HostFacts host) {
        return host.cgroupMode() == CgroupMode.V2 ? CgroupV2Reader.of(host) : CgroupV1Reader.of(host);
    }

    /** CPU time alone; empty when the cgroup is gone. */
    OptionalLong cpuNanos(KernelFiles files, String path);

    /** The figures of stats; null when the cgroup is gone. */
    @Nullable
    CgroupUsage usage(KernelFiles files, String path, Instant now);

    /** All figures; null when the cgroup is gone. */
    @Nullable
    CgroupFigures figures(KernelFiles files, String path, Instant now);

    /** The pids that are in the cgroup itself, one a line; null when it is gone. */
    @Nullable
    String processes(KernelFiles files, String path);
}

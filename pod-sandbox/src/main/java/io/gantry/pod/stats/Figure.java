package io.gantry.pod.stats;

/** A figure of one cgroup, beyond those of {@link CgroupUsage}, that metrics tell. */
public enum Figure {
    CPU_USAGE_NANOS,
    CPU_USER_NANOS,
    CPU_SYSTEM_NANOS,
    CPU_PERIODS,
    CPU_THROTTLED_PERIODS,
    CPU_THROTTLED_NANOS,
    MEMORY_USAGE,
    MEMORY_WORKING_SET,
    MEMORY_RSS,
    MEMORY_CACHE,
    MEMORY_KERNEL,
    MEMORY_MAPPED_FILE,
    MEMORY_SWAP,
    MEMORY_ACTIVE_FILE,
    MEMORY_INACTIVE_FILE,
    /** How often a limit was hit. */
    MEMORY_FAILURES,
    MEMORY_MAX_USAGE,
    /** Page faults of the cgroup alone, without those below it; on v2 the kernel counts only all together. */
    OWN_PAGE_FAULTS,
    OWN_MAJOR_PAGE_FAULTS,
    PAGE_FAULTS,
    MAJOR_PAGE_FAULTS,
    OOM_KILLS,
    PROCESSES,
    THREADS,
    /** 0 for no limit. */
    THREADS_MAX,
    CPU_WAITING_MICROS,
    CPU_STALLED_MICROS,
    MEMORY_WAITING_MICROS,
    MEMORY_STALLED_MICROS,
    IO_WAITING_MICROS,
    IO_STALLED_MICROS,
    SPEC_CPU_PERIOD,
    /** Not there without a quota. */
    SPEC_CPU_QUOTA,
    SPEC_CPU_SHARES,
    /** 0 for no limit, as the two below. */
    SPEC_MEMORY_LIMIT,
    SPEC_MEMORY_RESERVATION,
    SPEC_MEMORY_SWAP_LIMIT
}

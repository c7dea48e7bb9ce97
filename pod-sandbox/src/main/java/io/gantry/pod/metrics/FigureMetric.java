package io.gantry.pod.metrics;

import io.gantry.pod.stats.Figure;
import java.util.List;

/**
 * A metric that is one figure of a cgroup.
 *
 * @param unit how much of the figure is one of the metric
 * @param labels values of the labels beyond the common ones
 */
record FigureMetric(MetricFamily family, Figure figure, long unit, List<String> labels) {
    private static final long SECOND_NANOS = 1_000_000_000;
    private static final long SECOND_MICROS = 1_000_000;

    private static final MetricFamily FAILURES = MetricFamily.counter(
            "container_memory_failures_total",
            "Page faults, of memory that was there or had to be read.",
            "failure_type",
            "scope");

    /** Seconds are told in whole ones: CRI's values are integers. */
    static final List<FigureMetric> ALL = List.of(
            nanos(
                    Figure.CPU_USAGE_NANOS,
                    MetricFamily.counter("container_cpu_usage_seconds_total", "CPU time used, in seconds.", "cpu"),
                    "total"),
            nanos(
                    Figure.CPU_USER_NANOS,
                    MetricFamily.counter(
                            "container_cpu_user_seconds_total", "CPU time used in user mode, in seconds.")),
            nanos(
                    Figure.CPU_SYSTEM_NANOS,
                    MetricFamily.counter(
                            "container_cpu_system_seconds_total", "CPU time used in the kernel, in seconds.")),
            plain(
                    Figure.CPU_PERIODS,
                    MetricFamily.counter(
                            "container_cpu_cfs_periods_total", "Periods in which a CPU quota was enforced.")),
            plain(
                    Figure.CPU_THROTTLED_PERIODS,
                    MetricFamily.counter(
                            "container_cpu_cfs_throttled_periods_total",
                            "Periods in which the CPU quota was used up.")),
            nanos(
                    Figure.CPU_THROTTLED_NANOS,
                    MetricFamily.counter(
                            "container_cpu_cfs_throttled_seconds_total",
                            "Time spent waiting because the CPU quota was used up, in seconds.")),
            bytes(Figure.MEMORY_CACHE, "container_memory_cache", "Page cache, in bytes."),
            bytes(Figure.MEMORY_RSS, "container_memory_rss", "Anonymous memory, in bytes."),
            bytes(Figure.MEMORY_KERNEL, "container_memory_kernel_usage", "Memory used by the kernel, in bytes."),
            bytes(Figure.MEMORY_MAPPED_FILE, "container_memory_mapped_file", "Files mapped into memory, in bytes."),
            bytes(Figure.MEMORY_SWAP, "container_memory_swap", "Swap used, in bytes."),
            plain(
                    Figure.MEMORY_FAILURES,
                    MetricFamily.counter("container_memory_failcnt", "How often the memory limit was hit.")),
            bytes(
                    Figure.MEMORY_USAGE,
                    "container_memory_usage_bytes",
                    "Memory used in all, the page cache included, in bytes."),
            bytes(
                    Figure.MEMORY_MAX_USAGE,
                    "container_memory_max_usage_bytes",
                    "Most memory that was ever used, in bytes."),
            bytes(
                    Figure.MEMORY_WORKING_SET,
                    "container_memory_working_set_bytes",
                    "Memory that cannot be had back at once, in bytes."),
            bytes(
                    Figure.MEMORY_ACTIVE_FILE,
                    "container_memory_total_active_file_bytes",
                    "Page cache that was used lately, in bytes."),
            bytes(
                    Figure.MEMORY_INACTIVE_FILE,
                    "container_memory_total_inactive_file_bytes",
                    "Page cache that was not used lately, in bytes."),
            failures(Figure.OWN_PAGE_FAULTS, "pgfault", "container"),
            failures(Figure.OWN_MAJOR_PAGE_FAULTS, "pgmajfault", "container"),
            failures(Figure.PAGE_FAULTS, "pgfault", "hierarchy"),
            failures(Figure.MAJOR_PAGE_FAULTS, "pgmajfault", "hierarchy"),
            plain(
                    Figure.OOM_KILLS,
                    MetricFamily.counter("container_oom_events_total", "Processes killed because memory ran out.")),
            plain(Figure.PROCESSES, MetricFamily.gauge("container_processes", "Processes that run.")),
            plain(Figure.THREADS, MetricFamily.gauge("container_threads", "Threads that run.")),
            plain(
                    Figure.THREADS_MAX,
                    MetricFamily.gauge("container_threads_max", "Most threads allowed, 0 for no limit.")),
            micros(
                    Figure.CPU_WAITING_MICROS,
                    "container_pressure_cpu_waiting_seconds_total",
                    "Time in which a task waited for the CPU, in seconds."),
            micros(
                    Figure.CPU_STALLED_MICROS,
                    "container_pressure_cpu_stalled_seconds_total",
                    "Time in which all tasks waited for the CPU, in seconds."),
            micros(
                    Figure.MEMORY_WAITING_MICROS,
                    "container_pressure_memory_waiting_seconds_total",
                    "Time in which a task waited for memory, in seconds."),
            micros(
                    Figure.MEMORY_STALLED_MICROS,
                    "container_pressure_memory_stalled_seconds_total",
                    "Time in which all tasks waited for memory, in seconds."),
            micros(
                    Figure.IO_WAITING_MICROS,
                    "container_pressure_io_waiting_seconds_total",
                    "Time in which a task waited for IO, in seconds."),
            micros(
                    Figure.IO_STALLED_MICROS,
                    "container_pressure_io_stalled_seconds_total",
                    "Time in which all tasks waited for IO, in seconds."),
            plain(
                    Figure.SPEC_CPU_PERIOD,
                    MetricFamily.gauge("container_spec_cpu_period", "Period of the CPU quota, in microseconds.")),
            plain(
                    Figure.SPEC_CPU_QUOTA,
                    MetricFamily.gauge("container_spec_cpu_quota", "CPU time allowed in a period, in microseconds.")),
            plain(
                    Figure.SPEC_CPU_SHARES,
                    MetricFamily.gauge("container_spec_cpu_shares", "Weight among those that want the CPU.")),
            bytes(
                    Figure.SPEC_MEMORY_LIMIT,
                    "container_spec_memory_limit_bytes",
                    "Most memory allowed, in bytes, 0 for no limit."),
            bytes(
                    Figure.SPEC_MEMORY_RESERVATION,
                    "container_spec_memory_reservation_limit_bytes",
                    "Memory that is taken back last, in bytes, 0 for none."),
            bytes(
                    Figure.SPEC_MEMORY_SWAP_LIMIT,
                    "container_spec_memory_swap_limit_bytes",
                    "Most swap allowed, on cgroup v1 with the memory, in bytes, 0 for no limit."));

    FigureMetric {
        labels = List.copyOf(labels);
    }

    private static FigureMetric plain(Figure figure, MetricFamily family, String... labels) {
        return new FigureMetric(family, figure, 1, List.of(labels));
    }

    private static FigureMetric bytes(Figure figure, String name, String help) {
        return plain(figure, MetricFamily.gauge(name, help));
    }

    private static FigureMetric nanos(Figure figure, MetricFamily family, String... labels) {
        return new FigureMetric(family, figure, SECOND_NANOS, List.of(labels));
    }

    private static FigureMetric micros(Figure figure, String name, String help) {
        return new FigureMetric(MetricFamily.counter(name, help), figure, SECOND_MICROS, List.of());
    }

    private static FigureMetric failures(Figure figure, String type, String scope) {
        return plain(figure, FAILURES, type, scope);
    }
}

package io.gantry.pod.metrics;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The metrics that are not one figure of a cgroup, and the list of all. */
final class Families {
    static final MetricFamily BLKIO = MetricFamily.counter(
            "container_blkio_device_usage_total",
            "Bytes moved from and to a block device.",
            "device",
            "major",
            "minor",
            "operation");
    static final MetricFamily FS_READ_BYTES =
            MetricFamily.counter("container_fs_reads_bytes_total", "Bytes read from a device.", "device");
    static final MetricFamily FS_READS =
            MetricFamily.counter("container_fs_reads_total", "Reads from a device.", "device");
    static final MetricFamily FS_WRITE_BYTES =
            MetricFamily.counter("container_fs_writes_bytes_total", "Bytes written to a device.", "device");
    static final MetricFamily FS_WRITES =
            MetricFamily.counter("container_fs_writes_total", "Writes to a device.", "device");
    static final MetricFamily FS_USAGE = MetricFamily.gauge(
            "container_fs_usage_bytes", "Size of the container's writable layer, in bytes.", "device");
    static final MetricFamily FS_LIMIT = MetricFamily.gauge(
            "container_fs_limit_bytes", "Size of the file system of the writable layer, in bytes.", "device");
    static final MetricFamily FS_INODES = MetricFamily.gauge(
            "container_fs_inodes_total", "Inodes of the file system of the writable layer.", "device");
    static final MetricFamily FS_FREE_INODES = MetricFamily.gauge(
            "container_fs_inodes_free", "Free inodes of the file system of the writable layer.", "device");
    static final MetricFamily HUGE_PAGES =
            MetricFamily.gauge("container_hugetlb_usage_bytes", "Huge pages used, in bytes.", "pagesize");
    static final MetricFamily MAX_HUGE_PAGES = MetricFamily.gauge(
            "container_hugetlb_max_usage_bytes", "Most huge pages that were ever used, in bytes.", "pagesize");
    static final MetricFamily FILE_DESCRIPTORS =
            MetricFamily.gauge("container_file_descriptors", "Open file descriptors of all processes.");
    static final MetricFamily SOCKETS = MetricFamily.gauge("container_sockets", "Open sockets of all processes.");
    static final MetricFamily ULIMITS = MetricFamily.gauge(
            "container_ulimits_soft", "Soft limits of the first process; one without a limit is left out.", "ulimit");
    static final MetricFamily LAST_SEEN =
            MetricFamily.gauge("container_last_seen", "When the figures were read, in seconds since 1970.");
    static final MetricFamily START_TIME =
            MetricFamily.gauge("container_start_time_seconds", "When it was started, in seconds since 1970.");

    static final MetricFamily RECEIVE_BYTES = network("receive_bytes", "Bytes received.");
    static final MetricFamily RECEIVE_PACKETS = network("receive_packets", "Packets received.");
    static final MetricFamily RECEIVE_DROPPED = network("receive_packets_dropped", "Packets dropped when received.");
    static final MetricFamily RECEIVE_ERRORS = network("receive_errors", "Errors of receiving.");
    static final MetricFamily TRANSMIT_BYTES = network("transmit_bytes", "Bytes sent.");
    static final MetricFamily TRANSMIT_PACKETS = network("transmit_packets", "Packets sent.");
    static final MetricFamily TRANSMIT_DROPPED = network("transmit_packets_dropped", "Packets dropped when sent.");
    static final MetricFamily TRANSMIT_ERRORS = network("transmit_errors", "Errors of sending.");

    private Families() {}

    private static MetricFamily network(String name, String help) {
        return MetricFamily.counter("container_network_" + name + "_total", help, "interface");
    }

    /** All metrics, each once. */
    static List<MetricFamily> all() {
        Set<MetricFamily> all = new LinkedHashSet<>();
        FigureMetric.ALL.forEach(metric -> all.add(metric.family()));
        all.addAll(List.of(
                BLKIO,
                FS_READ_BYTES,
                FS_READS,
                FS_WRITE_BYTES,
                FS_WRITES,
                FS_USAGE,
                FS_LIMIT,
                FS_INODES,
                FS_FREE_INODES,
                HUGE_PAGES,
                MAX_HUGE_PAGES,
                FILE_DESCRIPTORS,
                SOCKETS,
                ULIMITS,
                LAST_SEEN,
                START_TIME,
                RECEIVE_BYTES,
                RECEIVE_PACKETS,
                RECEIVE_DROPPED,
                RECEIVE_ERRORS,
                TRANSMIT_BYTES,
                TRANSMIT_PACKETS,
                TRANSMIT_DROPPED,
                TRANSMIT_ERRORS));
        return List.copyOf(all);
    }
}

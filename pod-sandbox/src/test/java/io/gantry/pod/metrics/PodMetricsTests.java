package io.gantry.pod.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.stats.RecordedCgroups;
import io.gantry.pod.stats.StatsBed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodMetricsTests {
    /** Names that dashboards ask the kubelet's endpoint for; the last labels are those beyond the common ones. */
    private static final Map<String, List<String>> CONTRACT = contract();

    private final StatsBed bed = new StatsBed();
    private final PodMetrics metrics =
            new PodMetrics(bed.stats, new BlockDevices(bed.directories.root().resolve("block")));

    @AfterEach
    void close() {
        bed.close();
    }

    private static Map<String, List<String>> contract() {
        Map<String, List<String>> names = new LinkedHashMap<>();
        for (String plain : """
                container_cpu_user_seconds_total container_cpu_system_seconds_total container_cpu_cfs_periods_total
                container_cpu_cfs_throttled_periods_total container_cpu_cfs_throttled_seconds_total
                container_memory_cache container_memory_rss container_memory_kernel_usage container_memory_mapped_file
                container_memory_swap container_memory_failcnt container_memory_usage_bytes
                container_memory_max_usage_bytes container_memory_working_set_bytes
                container_memory_total_active_file_bytes container_memory_total_inactive_file_bytes
                container_oom_events_total container_processes container_file_descriptors container_sockets
                container_threads_max container_threads container_last_seen container_start_time_seconds
                container_spec_cpu_period container_spec_cpu_quota container_spec_cpu_shares
                container_spec_memory_limit_bytes container_spec_memory_reservation_limit_bytes
                container_spec_memory_swap_limit_bytes container_pressure_cpu_stalled_seconds_total
                container_pressure_cpu_waiting_seconds_total container_pressure_io_stalled_seconds_total
                container_pressure_io_waiting_seconds_total container_pressure_memory_stalled_seconds_total
                container_pressure_memory_waiting_seconds_total
                """.split("\\s+")) {
            names.put(plain, List.of());
        }
        names.put("container_cpu_usage_seconds_total", List.of("cpu"));
        names.put("container_memory_failures_total", List.of("failure_type", "scope"));
        for (String name : """
                inodes_free inodes_total limit_bytes usage_bytes reads_bytes_total reads_total writes_bytes_total
                writes_total
                """.split("\\s+")) {
            names.put("container_fs_" + name, List.of("device"));
        }
        names.put("container_blkio_device_usage_total", List.of("device", "major", "minor", "operation"));
        for (String name : List.of("bytes", "packets", "packets_dropped", "errors")) {
            names.put("container_network_receive_" + name + "_total", List.of("interface"));
            names.put("container_network_transmit_" + name + "_total", List.of("interface"));
        }
        names.put("container_ulimits_soft", List.of("ulimit"));
        names.put("container_hugetlb_usage_bytes", List.of("pagesize"));
        names.put("container_hugetlb_max_usage_bytes", List.of("pagesize"));
        return names;
    }

    @Test
    void namesAndLabelsAreThoseOfTheContract() {
        Map<String, List<String>> families = new LinkedHashMap<>();
        for (MetricFamily family : PodMetrics.families()) {
            assertThat(family.labels()).startsWith(MetricFamily.COMMON_LABELS.toArray(String[]::new));
            assertThat(family.help()).isNotEmpty();
            boolean counts = family.name().endsWith("_total")
                    || family.name().equals("container_memory_failcnt")
                    || family.name().equals("container_fs_inodes_total");
            assertThat(family.kind() == MetricFamily.Kind.COUNTER
                            || family.name().equals("container_fs_inodes_total"))
                    .as(family.name())
                    .isEqualTo(counts);
            List<String> before = families.put(
                    family.name(),
                    family.labels()
                            .subList(
                                    MetricFamily.COMMON_LABELS.size(),
                                    family.labels().size()));
            assertThat(before).as(family.name() + " twice").isNull();
        }

        assertThat(families).containsExactlyInAnyOrderEntriesOf(CONTRACT);
        assertThat(families).hasSize(58);
    }

    private SandboxSamples onlyPod() throws Exception {
        PodSandbox sandbox = bed.sandbox("p1", "u1", "/kubepods/podu1").withPause(new ProcessIdentity(12365, 1));
        bed.state.sandboxes().put("p1", sandbox);
        RecordedCgroups.writeV1(bed.directories, "/kubepods/podu1");
        bed.directories.file("proc/12365/net/dev", "head\n  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n");
        bed.container("c1", sandbox);
        List<SandboxSamples> all = metrics.samples();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    @Test
    void everyMetricHasASampleOfARunningPod() throws Exception {
        SandboxSamples pod = onlyPod();

        List<MetricSample> samples = new ArrayList<>(pod.samples());
        pod.containers().forEach(container -> samples.addAll(container.samples()));
        assertThat(samples).extracting(sample -> sample.family().name()).containsAll(CONTRACT.keySet());
        assertThat(samples)
                .allSatisfy(sample -> assertThat(sample.labels())
                        .hasSameSizeAs(sample.family().labels()))
                .allSatisfy(sample -> assertThat(sample.value()).isNotNegative());
    }

    private static List<String> lines(List<MetricSample> samples) {
        return samples.stream()
                .map(sample -> sample.family().name() + sample.labels() + " " + sample.value())
                .toList();
    }

    @Test
    void aContainersSeriesHaveItsNames() throws Exception {
        ContainerSamples container = onlyPod().containers().getFirst();

        String common = "main, /kubepods/podu1/c1, registry.k8s.io/busybox:1, c1, default, web-u1";
        assertThat(container.containerId()).isEqualTo("c1");
        assertThat(lines(container.samples()))
                .contains(
                        "container_cpu_usage_seconds_total[" + common + ", total] 0",
                        "container_cpu_cfs_throttled_seconds_total[" + common + "] 2",
                        "container_memory_working_set_bytes[" + common + "] 3325952",
                        "container_memory_failures_total[" + common + ", pgfault, container] 40000",
                        "container_memory_failures_total[" + common + ", pgmajfault, hierarchy] 5",
                        "container_blkio_device_usage_total[" + common + ", 254:0, 254, 0, Read] 90112",
                        "container_fs_writes_total[" + common + ", 254:0] 1",
                        "container_fs_usage_bytes[" + common + ", /dev/vda] 8192",
                        "container_hugetlb_max_usage_bytes[" + common + ", 2MB] 4194304",
                        "container_threads[" + common + "] 3",
                        "container_sockets[" + common + "] 1",
                        "container_ulimits_soft[" + common + ", max_open_files] 1024",
                        "container_pressure_cpu_waiting_seconds_total[" + common + "] 4",
                        "container_spec_cpu_shares[" + common + "] 700",
                        "container_start_time_seconds[" + common + "] 1700000000",
                        "container_last_seen[" + common + "] 1700000010");
    }

    @Test
    void aPodsNetworkAndCgroupHaveSeriesOfTheirOwn() throws Exception {
        SandboxSamples pod = onlyPod();

        assertThat(lines(pod.samples()))
                .contains(
                        "container_network_receive_packets_total"
                                + "[POD, /kubepods/podu1/p1, , p1, default, web-u1, eth0] 2",
                        "container_network_transmit_packets_dropped_total"
                                + "[POD, /kubepods/podu1/p1, , p1, default, web-u1, eth0] 8",
                        "container_memory_rss[, /kubepods/podu1, , , default, web-u1] 245760");
    }

    @Test
    void aSampleNeedsAValueForEveryLabel() {
        MetricFamily family = MetricFamily.gauge("x", "X.", "device");

        assertThatThrownBy(() -> new MetricSample(family, MetricFamily.COMMON_LABELS, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void devicesHaveTheirNames() throws Exception {
        var unused = Files.createSymbolicLink(
                bed.directories.dir("block").resolve("254:0"), Path.of("../../devices/virtio/vda"));
        BlockDevices devices = new BlockDevices(bed.directories.root().resolve("block"));

        assertThat(devices.name(254, 0)).isEqualTo("/dev/vda");
        assertThat(devices.name(254, 1)).isEqualTo("254:1");
    }
}

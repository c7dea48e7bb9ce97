package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a kubelet with {@code PodAndContainerStatsFromCRI} reports of pods under a runtime that cAdvisor has never heard
 * of.
 */
abstract class MetricsCases extends KubeletCases {
    private static final Pattern SAMPLE = Pattern.compile("(\\w+)\\{(.*)} (\\S+)( \\d+)?");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
    /** Of each container; the names of cAdvisor that dashboards and autoscalers read. */
    private static final List<String> OF_CONTAINER = List.of(
            "container_cpu_usage_seconds_total",
            "container_cpu_user_seconds_total",
            "container_cpu_system_seconds_total",
            "container_file_descriptors",
            "container_fs_inodes_free",
            "container_fs_inodes_total",
            "container_fs_limit_bytes",
            "container_fs_usage_bytes",
            "container_last_seen",
            "container_memory_cache",
            "container_memory_failcnt",
            "container_memory_failures_total",
            "container_memory_kernel_usage",
            "container_memory_mapped_file",
            "container_memory_max_usage_bytes",
            "container_memory_rss",
            "container_memory_swap",
            "container_memory_total_active_file_bytes",
            "container_memory_total_inactive_file_bytes",
            "container_memory_usage_bytes",
            "container_memory_working_set_bytes",
            "container_oom_events_total",
            "container_processes",
            "container_sockets",
            "container_spec_cpu_period",
            "container_spec_cpu_shares",
            "container_spec_memory_limit_bytes",
            "container_spec_memory_reservation_limit_bytes",
            "container_spec_memory_swap_limit_bytes",
            "container_start_time_seconds",
            "container_threads",
            "container_threads_max",
            "container_ulimits_soft");

    private static final List<String> OF_LIMITED_CONTAINER = List.of(
            "container_cpu_cfs_periods_total",
            "container_cpu_cfs_throttled_periods_total",
            "container_cpu_cfs_throttled_seconds_total",
            "container_spec_cpu_quota");
    private static final List<String> OF_POD = List.of(
            "container_network_receive_bytes_total",
            "container_network_receive_errors_total",
            "container_network_receive_packets_dropped_total",
            "container_network_receive_packets_total",
            "container_network_transmit_bytes_total",
            "container_network_transmit_errors_total",
            "container_network_transmit_packets_dropped_total",
            "container_network_transmit_packets_total");

    private void runBusyPod(String name) throws Exception {
        var pod = Pods.shell(name, "dd if=/dev/zero of=/big bs=1024 count=300 2>/dev/null; while :; do :; done")
                .build();
        pod.getSpec()
                .getContainers()
                .getFirst()
                .setResources(new io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder()
                        .addToLimits("cpu", new io.fabric8.kubernetes.api.model.Quantity("50m"))
                        .addToLimits("memory", new io.fabric8.kubernetes.api.model.Quantity("64Mi"))
                        .build());
        run(pod);
        pods().awaitReady(name);
    }

    @Test
    void cadvisorMetrics() throws Exception {
        runBusyPod("measured");
        String pod = StaticPods.fullName("measured");
        Map<String, Map<String, String>> ofContainer = new TreeMap<>();
        Map<String, Map<String, String>> ofPod = new TreeMap<>();
        Map<String, Double> values = new TreeMap<>();

        // One answer is judged, not the most that was ever seen: the container's shell has a child at first.
        Await.until("the metrics of a container in use", () -> node().api().get("/metrics/cadvisor"), text -> {
            Stream.of(ofContainer, ofPod, values).forEach(Map::clear);
            text.lines().map(SAMPLE::matcher).filter(Matcher::matches).forEach(sample -> {
                Map<String, String> labels = labels(sample.group(2));
                if (pod.equals(labels.get("pod"))) {
                    boolean container = "main".equals(labels.get("container"));
                    (container ? ofContainer : ofPod).put(sample.group(1), labels);
                    if (container) {
                        values.merge(sample.group(1), Double.valueOf(sample.group(3)), Math::max);
                    }
                }
            });
            return values.getOrDefault("container_cpu_usage_seconds_total", 0.0) > 0
                    && values.getOrDefault("container_fs_usage_bytes", 0.0) >= 300 * 1024
                    && values.getOrDefault("container_processes", 0.0) == 1;
        });

        assertThat(ofContainer.keySet()).containsAll(OF_CONTAINER).containsAll(OF_LIMITED_CONTAINER);
        assertThat(ofPod.keySet()).containsAll(OF_POD);
        assertThat(ofContainer)
                .allSatisfy((name, labels) -> assertThat(labels)
                        .as(name)
                        .containsEntry("namespace", Pods.NAMESPACE)
                        .containsKey("id")
                        .hasEntrySatisfying("image", image -> assertThat(image).isNotEmpty()));
        assertThat(ofPod.get("container_network_receive_bytes_total")).containsEntry("interface", "eth0");
        assertThat(values.get("container_spec_memory_limit_bytes")).isEqualTo(64.0 * 1024 * 1024);
        assertThat(values.get("container_spec_cpu_quota")).isEqualTo(5000.0);
        assertThat(values.get("container_memory_working_set_bytes")).isPositive();
        assertThat(values.get("container_start_time_seconds")).isPositive();
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new TreeMap<>();
        Matcher matcher = LABEL.matcher(text);
        while (matcher.find()) {
            labels.put(matcher.group(1), matcher.group(2));
        }
        return labels;
    }

    @Test
    void summary() throws Exception {
        runBusyPod("summed");

        JsonNode pod = Await.until(
                "the statistics of a container in use",
                () -> podOf(JsonMapper.shared().readTree(node().api().get("/stats/summary"))),
                stats -> stats.at("/containers/0/cpu/usageNanoCores").asLong(0) > 0
                        && stats.at("/containers/0/rootfs/usedBytes").asLong(0) >= 300 * 1024);

        Set<String> missing = new TreeSet<>();
        for (String pointer : List.of(
                "/cpu/usageCoreNanoSeconds",
                "/memory/workingSetBytes",
                "/memory/usageBytes",
                "/memory/rssBytes",
                "/network/rxBytes",
                "/network/txBytes",
                "/network/name",
                "/process_stats/process_count",
                "/ephemeral-storage/usedBytes",
                "/startTime",
                "/containers/0/cpu/usageCoreNanoSeconds",
                "/containers/0/memory/workingSetBytes",
                "/containers/0/memory/pageFaults",
                "/containers/0/rootfs/availableBytes",
                "/containers/0/rootfs/inodesUsed",
                "/containers/0/logs/usedBytes",
                "/containers/0/startTime")) {
            if (pod.at(pointer).isMissingNode()) {
                missing.add(pointer);
            }
        }
        assertThat(missing).as("fields missing in %s", pod).isEmpty();
    }

    private static JsonNode podOf(JsonNode summary) {
        for (JsonNode pod : summary.get("pods")) {
            if (pod.at("/podRef/name").asString("").equals(StaticPods.fullName("summed"))) {
                return pod;
            }
        }
        throw new AssertionError("the summary does not have the pod: " + summary.get("pods"));
    }

    @Test
    void healthEndpointsAndRunningPods() throws Exception {
        String name = run(Pods.shell("listed", Pods.IDLE).build());
        pods().awaitReady(name);

        assertThat(node().api().get("/healthz")).isEqualTo("ok");
        // Answered from a cache of some seconds.
        String listed = "\"name\":\"" + StaticPods.fullName(name) + "\"";
        Await.until("the pod to be listed", () -> node().api().get("/runningpods/"), pods -> pods.contains(listed));
        assertThat(node().api().get("/metrics")).contains("kubelet_running_pods ");
        assertThat(Files.isDirectory(Path.of("/proc/" + node().kubelet().pid())))
                .isTrue();
    }
}

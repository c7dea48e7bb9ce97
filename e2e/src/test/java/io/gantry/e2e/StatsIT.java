package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Stats and metrics of containers that really use something. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatsIT {
    private static final JsonMapper JSON = JsonMapper.shared();

    private CriRun run;
    private Crictl crictl;

    @BeforeAll
    void start() throws Exception {
        run = CriRun.start();
        crictl = run.crictl();
        crictl.run("pull", Crictl.BUSYBOX);
    }

    @AfterAll
    void close() throws Exception {
        if (run != null) {
            run.close();
        }
    }

    private static long number(JsonNode node, String pointer) {
        JsonNode value = node.at(pointer + "/value");
        assertThat(value.isMissingNode()).as(pointer).isFalse();
        return Long.parseLong(value.asString());
    }

    private JsonNode only(String... arguments) throws Exception {
        Object[] words = arguments;
        JsonNode stats = JSON.readTree(crictl.run(words)).get("stats");
        assertThat(stats).hasSize(1);
        return stats.get(0);
    }

    @Test
    void figuresAreThoseOfWhatTheContainerDoes() throws Exception {
        ObjectNode pod = crictl.pod("busy");
        String podId = crictl.runPod(pod);
        ObjectNode container = crictl.container(
                "main",
                Crictl.BUSYBOX,
                "sh",
                "-c",
                "dd if=/dev/zero of=/big bs=1024 count=3000 2>/dev/null; while :; do :; done");
        String id = crictl.runContainer(podId, pod, container);
        ObjectNode idle = crictl.container("idle", Crictl.BUSYBOX, "top", "-b", "-d", "60");
        String idleId = crictl.runContainer(podId, pod, idle);

        JsonNode stats = only("stats", "-o", "json", "--id", id);
        for (int i = 0; i < 600 && stats.at("/cpu/usageNanoCores").isMissingNode(); i++) {
            Thread.sleep(100);
            stats = only("stats", "-o", "json", "--id", id);
        }

        assertThat(stats.at("/attributes/metadata/name").stringValue()).isEqualTo("main");
        assertThat(number(stats, "/cpu/usageCoreNanoSeconds")).isPositive();
        assertThat(number(stats, "/cpu/usageNanoCores")).isPositive();
        assertThat(number(stats, "/memory/workingSetBytes")).isPositive();
        assertThat(number(stats, "/memory/usageBytes"))
                .isGreaterThanOrEqualTo(number(stats, "/memory/workingSetBytes"));
        assertThat(number(stats, "/memory/pageFaults")).isPositive();
        assertThat(stats.at("/writableLayer/fsId/mountpoint").stringValue())
                .isEqualTo(run.runtime().node().base().resolve("root").toString());
        for (int i = 0; i < 600 && number(stats, "/writableLayer/usedBytes") < 3_000_000; i++) {
            Thread.sleep(100);
            stats = only("stats", "-o", "json", "--id", id);
        }
        assertThat(number(stats, "/writableLayer/usedBytes")).isBetween(3_000_000L, 4_000_000L);

        JsonNode ofPod = only("statsp", "-o", "json", "--id", podId).get("linux");
        assertThat(number(ofPod, "/cpu/usageCoreNanoSeconds"))
                .isGreaterThan(number(stats, "/cpu/usageCoreNanoSeconds"));
        assertThat(number(ofPod, "/network/defaultInterface/rxBytes")).isPositive();
        assertThat(ofPod.at("/network/defaultInterface/name").stringValue()).isEqualTo("eth0");
        // The pause process, the loop and top.
        assertThat(number(ofPod, "/process/processCount")).isEqualTo(3);
        assertThat(ofPod.get("containers")).hasSize(2);

        crictl.run("stop", "--timeout", "0", idleId);
        assertThat(only("statsp", "-o", "json", "--id", podId).at("/linux/containers"))
                .hasSize(1);
        crictl.removePod(podId);
        assertThat(JSON.readTree(crictl.run("stats", "-o", "json")).get("stats"))
                .isEmpty();
    }

    @Test
    void everySampleHasTheLabelsOfItsDescriptor() throws Exception {
        ObjectNode pod = crictl.pod("metrics");
        String podId = crictl.runPod(pod);
        crictl.runContainer(podId, pod, crictl.container("main", Crictl.BUSYBOX, "top", "-b", "-d", "60"));
        Map<String, List<String>> labels = new LinkedHashMap<>();
        for (JsonNode descriptor : JSON.readTree(crictl.run("metricdescs")).get("descriptors")) {
            List<String> keys = new ArrayList<>();
            descriptor.get("labelKeys").forEach(key -> keys.add(key.stringValue()));
            labels.put(descriptor.get("name").stringValue(), keys);
        }

        JsonNode metrics = JSON.readTree(crictl.run("metricsp")).get("podMetrics");

        List<JsonNode> samples = new ArrayList<>();
        for (JsonNode each : metrics) {
            if (each.get("podSandboxId").stringValue().equals(podId)) {
                each.get("metrics").forEach(samples::add);
                each.get("containerMetrics")
                        .forEach(inside -> inside.get("metrics").forEach(samples::add));
            }
        }
        assertThat(samples)
                .hasSizeGreaterThan(50)
                .allSatisfy(sample -> assertThat(sample.get("labelValues"))
                        .hasSameSizeAs(labels.get(sample.get("name").stringValue())));
        crictl.removePod(podId);
    }
}

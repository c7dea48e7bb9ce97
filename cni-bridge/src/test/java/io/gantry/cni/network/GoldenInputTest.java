package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cni.plugin.FakePlugins;
import io.gantry.cni.plugin.FakePlugins.Call;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;

/** What plugins read on standard input, compared with files that are reviewed as text. */
class GoldenInputTest {
    private static final PodAttachment POD = new PodAttachment(
            "3f2a",
            Pods.OWN_NETNS,
            "web",
            "default",
            "uid-1",
            List.of(
                    new PortMapping("TCP", 80, 8080, ""),
                    new PortMapping("UDP", 53, 0, ""),
                    new PortMapping("SCTP", 9, 9, "::1")),
            Map.of("kubernetes.io/ingress-bandwidth", "10M", "team", "blue"),
            "/kubepods/pod1",
            new DnsConfig(List.of("10.96.0.10"), List.of("default.svc.cluster.local"), List.of()),
            new AddressRequest(
                    List.of(List.of(new AddressRequest.IpRange("10.1.2.0/24", "10.1.2.3", null, null))),
                    List.of("10.1.2.7"),
                    "c2:11:22:33:44:55",
                    List.of("web-1")));

    @TempDir
    Path root;

    private Path conf;
    private FakePlugins plugins;

    @BeforeEach
    void makeDirectories() throws IOException {
        conf = Files.createDirectory(root.resolve("net.d"));
        plugins = new FakePlugins(Files.createDirectory(root.resolve("bin")));
    }

    @Test
    void chainOf100WithEveryCapability() throws Exception {
        Files.write(conf.resolve("10-pods.conflist"), resource("full.conflist"));
        plugins.install("bridge", "host-local", "portmap", "meta");
        plugins.answering("bridge", "ADD", text("result-bridge.json"))
                .answering("portmap", "ADD", text("result-bridge.json"))
                .answering("meta", "ADD", text("result-meta.json"));

        try (PodNetworks networks = open()) {
            assertThat(networks.attach(POD).ips()).containsExactly("10.1.2.7", "fd00::7");
            networks.detach(POD);
        }

        assertThat(plugins.calls())
                .extracting(Call::toString)
                .containsExactly("ADD bridge", "ADD portmap", "ADD meta", "DEL meta", "DEL portmap", "DEL bridge");
        for (Call call : plugins.calls()) {
            assertGolden(
                    "full-" + call.verb().toLowerCase(java.util.Locale.ROOT) + "-" + call.plugin() + ".json",
                    call.stdin());
            assertThat(call.environment())
                    .containsEntry(
                            "CNI_ARGS",
                            "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;"
                                    + "K8S_POD_INFRA_CONTAINER_ID=3f2a;K8S_POD_UID=uid-1")
                    .containsEntry("CNI_NETNS", Pods.OWN_NETNS.toString())
                    .containsEntry("CNI_IFNAME", "eth0");
        }
    }

    @Test
    void chainOf031ConvertsResultsAndGivesDelNone() throws Exception {
        Files.writeString(conf.resolve("10-pods.conflist"), """
                {"cniVersion": "0.3.1", "name": "old", "plugins": [{"type": "bridge"}, {"type": "portmap"}]}""");
        plugins.install("bridge", "portmap");
        plugins.answering("bridge", "ADD", text("result-meta.json"))
                .answering("portmap", "ADD", text("result-bridge.json"));

        try (PodNetworks networks = open()) {
            networks.attach(POD);
            networks.detach(POD);
        }

        assertGolden("old-add-portmap.json", plugins.calls().get(1).stdin());
        assertGolden("old-del-portmap.json", plugins.calls().get(2).stdin());
    }

    @Test
    void collection() throws Exception {
        Files.writeString(conf.resolve("10-pods.conflist"), """
                {"cniVersion": "1.1.0", "name": "new", "plugins": [{"type": "bridge", "cni.dev/stale": 1}]}""");
        plugins.install("bridge");
        plugins.answering("bridge", "ADD", text("result-bridge.json"));

        try (PodNetworks networks = open()) {
            networks.attach(POD);
            networks.garbageCollect(Set.of("3f2a"));
        }

        Call gc = plugins.calls().stream()
                .filter(call -> call.verb().equals("GC"))
                .findFirst()
                .orElseThrow();
        assertGolden("new-gc-bridge.json", gc.stdin());
        assertThat(gc.environment()).containsOnlyKeys("PATH", "GANTRY_CNI_OWNER", "CNI_COMMAND", "CNI_PATH");
    }

    private PodNetworks open() {
        return PodNetworks.open(CniConfig.of(conf, List.of(root.resolve("bin")), root.resolve("cache")), plugins);
    }

    private static void assertGolden(String name, JsonNode actual) throws IOException {
        String golden = text(name);
        assertThat(pretty(actual))
                .as(name)
                .isEqualTo(golden.isEmpty() ? "" : pretty(Json.mapper().readTree(golden)));
    }

    private static String pretty(JsonNode json) {
        return Json.mapper().writer().with(SerializationFeature.INDENT_OUTPUT).writeValueAsString(json);
    }

    private static String text(String name) throws IOException {
        return new String(resource(name), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = GoldenInputTest.class.getResourceAsStream(name)) {
            return java.util.Objects.requireNonNull(in, name).readAllBytes();
        }
    }
}

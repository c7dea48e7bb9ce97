package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.cni.plugin.FakePlugins;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodNetworksTest {
    private static final String RESULT = "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.5/16\"}]}";

    @TempDir
    Path root;

    private Path conf;
    private Path conflist;
    private FakePlugins plugins;
    private PodNetworks networks;

    @BeforeEach
    void open() throws IOException {
        conf = Files.createDirectory(root.resolve("net.d"));
        conflist = Files.writeString(conf.resolve("10-pods.conflist"), """
                {"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "bridge"}, {"type": "portmap"}]}""");
        plugins = new FakePlugins(Files.createDirectory(root.resolve("bin")))
                .install("bridge", "portmap")
                .answering("bridge", "ADD", RESULT)
                .answering("portmap", "ADD", RESULT);
        networks = reopen();
    }

    @AfterEach
    void close() {
        networks.close();
    }

    private PodNetworks reopen() {
        return PodNetworks.open(CniConfig.of(conf, List.of(root.resolve("bin")), root.resolve("cache")), plugins);
    }

    private void restart() {
        networks.close();
        networks = reopen();
        plugins.forget();
    }

    private List<String> records() throws IOException {
        try (var files = Files.list(root.resolve("cache"))) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    private GantryException attachFailure(String id) {
        GantryException failure = catchThrowableOfType(GantryException.class, () -> networks.attach(Pods.pod(id)));
        assertThat(failure).isNotNull();
        return failure;
    }

    @Test
    void attachesAndDetaches() throws Exception {
        PodNetwork attached = networks.attach(Pods.pod("3f2a"));

        assertThat(attached.network()).isEqualTo("pods");
        assertThat(attached.primaryIp()).isEqualTo("10.1.0.5");
        assertThat(networks.cached("3f2a")).contains(attached);
        assertThat(records()).containsExactly("3f2a.json");

        networks.detach(Pods.pod("3f2a"));
        networks.detach(Pods.pod("3f2a"));

        assertThat(plugins.names("ADD", "DEL"))
                .containsExactly("ADD bridge", "ADD portmap", "DEL portmap", "DEL bridge");
        assertThat(networks.cached("3f2a")).isEmpty();
        assertThat(records()).isEmpty();
    }

    @Test
    void remembersAcrossARestartAndDetachesWithTheOldConfiguration() throws Exception {
        PodNetwork attached = networks.attach(Pods.pod("3f2a"));
        Files.delete(conflist);
        restart();

        assertThat(networks.cached("3f2a")).contains(attached);
        networks.detach(Pods.pod("3f2a", root.resolve("gone")));

        assertThat(plugins.names("DEL")).containsExactly("DEL portmap", "DEL bridge");
        assertThat(plugins.calls())
                .allSatisfy(call ->
                        assertThat(call.stdin().path("prevResult").has("ips")).isTrue());
        assertThat(records()).isEmpty();
    }

    @Test
    void givesDelNoNamespaceWhenItIsGone() throws Exception {
        Path leftover = Files.createFile(root.resolve("netns"));
        Files.writeString(conflist, "{}");
        restart();
        networks.detach(Pods.pod("a", leftover));
        assertThat(plugins.calls()).isEmpty();

        Files.writeString(conflist, """
                {"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "bridge"}]}""");
        restart();
        networks.detach(Pods.pod("b", leftover));
        networks.detach(Pods.pod("c", root.resolve("missing")));

        assertThat(plugins.calls())
                .hasSize(2)
                .allSatisfy(call -> assertThat(call.environment()).containsEntry("CNI_NETNS", ""));
    }

    @Test
    void detachesAnIntentWhoseAddNeverEnded() throws Exception {
        plugins.on("portmap", "ADD", call -> {
            assertThat(root.resolve("cache/3f2a.json")).exists();
            throw new Killed();
        });
        plugins.on("portmap", "DEL", call -> {
            throw new Killed();
        });
        assertThatThrownBy(() -> networks.attach(Pods.pod("3f2a"))).isInstanceOf(Killed.class);
        plugins.on("portmap", "DEL", call -> FakePlugins.success(""));
        restart();

        assertThat(networks.cached("3f2a")).isEmpty();
        networks.detach(Pods.pod("3f2a"));

        assertThat(plugins.names("DEL")).containsExactly("DEL portmap", "DEL bridge");
        assertThat(plugins.calls()).noneMatch(call -> call.stdin().has("prevResult"));
        assertThat(records()).isEmpty();
    }

    @Test
    void rollsBackWhenAPluginFails() throws Exception {
        plugins.failing("portmap", "ADD", "{\"code\":11,\"msg\":\"iptables is locked\"}");

        GantryException error = attachFailure("0123456789abcdef");

        assertThat(error.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(error)
                .hasMessage("attach sandbox 0123456789abc (default/web) to network pods: plugin portmap failed on ADD:"
                        + " iptables is locked [code 11]; the plugin asks to try again later");
        assertThat(plugins.names("DEL")).containsExactly("DEL portmap", "DEL bridge");
        assertThat(records()).isEmpty();
        plugins.forget();
        networks.detach(Pods.pod("0123456789abcdef"));
        assertThat(plugins.calls()).isEmpty();
    }

    @Test
    void keepsTheRecordUntilDelIsThrough() throws Exception {
        networks.attach(Pods.pod("3f2a"));
        plugins.failing("portmap", "DEL", "{\"code\":999,\"msg\":\"broken\"}");
        plugins.forget();

        assertThatThrownBy(() -> networks.detach(Pods.pod("3f2a")))
                .isInstanceOf(GantryException.class)
                .hasMessage("detach sandbox 3f2a from network pods: plugin portmap failed on DEL: broken [code 999]"
                        + "; the words are the plugin's: check the network configuration and what the plugin needs");
        assertThat(plugins.names("DEL")).containsExactly("DEL portmap");
        assertThat(records()).containsExactly("3f2a.json");

        plugins.on("portmap", "DEL", call -> FakePlugins.success(""));
        networks.detach(Pods.pod("3f2a"));
        assertThat(records()).isEmpty();
    }

    @Test
    void refusesToAttachTwice() throws Exception {
        networks.attach(Pods.pod("3f2a"));

        assertThat(attachFailure("3f2a").problem()).isEqualTo("the sandbox is attached to network pods already");
        assertThat(networks.cached("3f2a")).isPresent();
    }

    @Test
    void failsAtOnceWithoutANetworkAndRunsNothing() throws Exception {
        Files.writeString(conflist, "{\"name\":");
        restart();

        GantryException error = attachFailure("3f2a");

        assertThat(error.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
        assertThat(error.getMessage())
                .startsWith("attach sandbox 3f2a (default/web) to the pod network: " + conflist + ": it is not JSON: ")
                .endsWith("; install a network plugin, which puts its configuration into " + conf);
        assertThat(plugins.calls()).isEmpty();
        assertThat(records()).isEmpty();
    }

    @Test
    void checksEveryProgramBeforeItRunsTheFirst() throws Exception {
        Files.delete(root.resolve("bin/portmap"));

        assertThat(attachFailure("3f2a"))
                .hasMessage("attach sandbox 3f2a (default/web) to network pods: CNI plugin portmap is not in "
                        + root.resolve("bin") + "; install the plugin there or correct network.bin_dirs");
        networks.detach(Pods.pod("3f2a"));
        assertThat(plugins.calls()).isEmpty();
    }

    @Test
    void refusesWhatIsNoNamespaceAndWhatIsNoBandwidth() throws Exception {
        assertThatThrownBy(() -> networks.attach(Pods.pod("3f2a", conflist)))
                .hasMessageEndingWith(conflist + " is not a network namespace");
        Files.writeString(conflist, """
                {"cniVersion": "1.0.0", "name": "pods",
                 "plugins": [{"type": "bridge", "capabilities": {"bandwidth": true}}]}""");
        restart();
        assertThatThrownBy(
                        () -> networks.attach(Pods.annotated("3f2a", Map.of("kubernetes.io/egress-bandwidth", "fast"))))
                .hasMessageContaining("annotation kubernetes.io/egress-bandwidth \"fast\" is not a quantity");
        assertThat(records()).isEmpty();
        assertThat(plugins.calls()).isEmpty();
    }

    @Test
    void refusesANetworkThatGivesNoAddress() throws Exception {
        plugins.answering("portmap", "ADD", "{\"cniVersion\":\"1.0.0\"}");

        assertThat(attachFailure("3f2a").problem()).isEqualTo("the network gave the pod no IP address");
        assertThat(plugins.names("DEL")).containsExactly("DEL portmap", "DEL bridge");
        assertThat(records()).isEmpty();
    }

    @Test
    void setsCorruptRecordsAsideAndStillDetaches() throws Exception {
        networks.attach(Pods.pod("3f2a"));
        Files.writeString(root.resolve("cache/3f2a.json"), "rubbish");
        restart();
        plugins.failing("bridge", "DEL", "{\"code\":999,\"msg\":\"broken\"}");

        assertThatThrownBy(() -> networks.detach(Pods.pod("3f2a")))
                .hasMessage("detach sandbox 3f2a (default/web) from network pods: plugin bridge failed on DEL: broken"
                        + " [code 999]; the words are the plugin's: check the network configuration and what the plugin"
                        + " needs");
        networks.detach(Pods.pod("never-seen"));

        plugins.on("bridge", "DEL", call -> FakePlugins.success(""));
        networks.detach(Pods.pod("3f2a"));
    }

    @Test
    void setsRecordsAsideThatLackWhatDelNeeds() throws Exception {
        Files.writeString(root.resolve("cache/a.json"), "{\"schema\":1,\"record\":{}}");
        Files.writeString(root.resolve("cache/b.json"), """
                {"schema":1,"record":{"sandboxId":"b","network":"pods","version":"1.0.0","file":"f",
                 "interfaceName":"eth0","netns":"/n","args":"","capabilityArgs":{},"plugins":[{"type":""}]}}""");
        restart();

        assertThat(records()).isEmpty();
        assertThat(networks.cached("a")).isEmpty();
        networks.garbageCollect(Set.of());
    }

    @Test
    void doesNotLetOnePodWaitForAnother() throws Exception {
        networks.attach(Pods.pod("slow"));
        networks.attach(Pods.pod("quick"));
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        plugins.on("portmap", "DEL", call -> {
            if ("slow".equals(call.environment().get("CNI_CONTAINERID"))) {
                stuck.countDown();
                release.await();
            }
            return FakePlugins.success("");
        });
        FutureTask<Boolean> slow = new FutureTask<>(() -> {
            networks.detach(Pods.pod("slow"));
            return true;
        });
        Thread.ofVirtual().start(slow);
        stuck.await();

        networks.detach(Pods.pod("quick"));
        networks.attach(Pods.pod("another"));

        assertThat(slow.isDone()).isFalse();
        release.countDown();
        assertThat(slow.get()).isTrue();
    }

    @Test
    void choosesAVersionThatAllPluginsSpeak() throws Exception {
        Files.writeString(conflist, """
                {"cniVersions": ["0.4.0", "1.0.0", "1.1.0"], "name": "pods",
                 "plugins": [{"type": "bridge"}, {"type": "portmap"}]}""");
        plugins.answering("bridge", "VERSION", "{\"supportedVersions\":[\"0.4.0\",\"1.0.0\",\"1.1.0\"]}")
                .answering("portmap", "VERSION", "{\"supportedVersions\":[\"0.4.0\",\"1.0.0\"]}");
        restart();

        networks.attach(Pods.pod("3f2a"));

        assertThat(plugins.calls())
                .filteredOn(call -> call.verb().equals("ADD"))
                .allSatisfy(call ->
                        assertThat(call.stdin().path("cniVersion").asString("")).isEqualTo("1.0.0"));
    }

    @Test
    void checksNamesThatPluginsCouldMisread() {
        assertThatThrownBy(() -> Pods.pod("../a"))
                .hasMessageContaining("sandbox id \"../a\" is not letters and digits");
        assertThatThrownBy(() -> new PodAttachment(
                        "a", Pods.OWN_NETNS, "web;X=1", "default", "u", List.of(), Map.of(), null, null))
                .hasMessageContaining("pod name \"web;X=1\" holds ';', '=' or a control character");
    }

    /** Stands for the daemon's end in the middle of a plugin's run: no result, and no undo that succeeds. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}

package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cni.plugin.FakePlugins;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkStatusTest {
    @TempDir
    Path root;

    private Path conf;
    private Path conflist;
    private FakePlugins plugins;

    @BeforeEach
    void makeDirectories() throws IOException {
        conf = root.resolve("net.d");
        conflist = conf.resolve("10-pods.conflist");
        plugins = new FakePlugins(Files.createDirectory(root.resolve("bin")));
    }

    private PodNetworks open() {
        return PodNetworks.open(
                CniConfig.of(conf, List.of(root.resolve("bin")), root.resolve("cache"))
                        .withStatusInterval(Duration.ofMillis(50)),
                plugins);
    }

    private void write(String version) throws IOException {
        Files.createDirectories(conf);
        Files.writeString(
                conflist,
                "{\"cniVersion\":\"" + version
                        + "\",\"name\":\"pods\",\"plugins\":[{\"type\":\"bridge\",\"ipam\":{\"type\":\"host-local\"}}]}");
    }

    /** The first status that fits; gives up, with the last one, when it does not come. */
    private static NetworkStatus await(PodNetworks networks, Predicate<NetworkStatus> wanted)
            throws InterruptedException {
        NetworkStatus status = networks.status();
        for (int i = 0; i < 3000 && !wanted.test(status); i++) {
            Thread.sleep(10);
            status = networks.status();
        }
        return status;
    }

    @Test
    void isReadyAtOnceWhenEverythingIsThere() throws IOException {
        write("1.0.0");
        Files.writeString(conf.resolve("05-bad.conf"), "{}");
        plugins.install("bridge", "host-local");

        try (PodNetworks networks = open()) {
            assertThat(networks.status())
                    .isEqualTo(new NetworkStatus(
                            true,
                            "",
                            "network pods of " + conflist + "; passed over: " + conf.resolve("05-bad.conf")
                                    + ": it has no \"type\""));
        }
        assertThat(plugins.calls()).isEmpty();
    }

    @Test
    void saysWhatIsMissingAndNoticesThatItCame() throws Exception {
        try (PodNetworks networks = open()) {
            assertThat(networks.status())
                    .isEqualTo(new NetworkStatus(
                            false,
                            "NetworkPluginNotReady",
                            "network configuration directory " + conf + " does not exist"));

            write("1.0.0");
            assertThat(await(networks, status -> status.message().contains("host-local"))
                            .message())
                    .isEqualTo("network pods of " + conflist + " is not ready: CNI plugin bridge is not in "
                            + root.resolve("bin") + "; CNI plugin host-local is not in " + root.resolve("bin"));

            plugins.install("bridge", "host-local");
            assertThat(await(networks, NetworkStatus::ready).message()).isEqualTo("network pods of " + conflist);

            Files.delete(root.resolve("bin/host-local"));
            assertThat(await(networks, status -> !status.ready()).message())
                    .endsWith("CNI plugin host-local is not in " + root.resolve("bin"));

            Files.writeString(conflist, "{\"name\":\"pods\"}");
            assertThat(await(networks, status -> status.message().contains("cniVersion"))
                            .message())
                    .isEqualTo(conflist
                            + ": it has no \"plugins\""
                                    .replace(
                                            "\"plugins\"",
                                            "\"cniVersion\"; give one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"));
        }
    }

    @Test
    void asksPluginsOf11AndFollowsTheirAnswers() throws Exception {
        write("1.1.0");
        plugins.install("bridge", "host-local")
                .failing("bridge", "STATUS", "{\"code\":50,\"msg\":\"datapath is starting\"}");

        try (PodNetworks networks = open()) {
            assertThat(await(networks, status -> status.message().contains("datapath"))
                            .message())
                    .isEqualTo("network pods of " + conflist
                            + " is not ready: plugin bridge failed on STATUS: datapath is starting [code 50];"
                            + " look at the network plugin's own pods or service on this node");

            plugins.on("bridge", "STATUS", call -> FakePlugins.success(""));
            assertThat(await(networks, NetworkStatus::ready).ready()).isTrue();

            plugins.failing("bridge", "STATUS", "{\"code\":51,\"msg\":\"datapath is down\"}");
            assertThat(await(networks, status -> !status.ready()).message()).contains("datapath is down [code 51]");
        }
        assertThat(plugins.calls().getFirst().stdin())
                .hasToString("{\"type\":\"bridge\",\"ipam\":{\"type\":\"host-local\"},\"cniVersion\":\"1.1.0\","
                        + "\"name\":\"pods\"}");
    }

    @Test
    void answersWhileStatusHangsAndReloadsMeanwhile() throws Exception {
        write("1.1.0");
        CountDownLatch asked = new CountDownLatch(1);
        plugins.install("bridge", "host-local").on("bridge", "STATUS", call -> {
            asked.countDown();
            new CountDownLatch(1).await();
            return FakePlugins.success("");
        });

        try (PodNetworks networks = open()) {
            asked.await();
            assertThat(networks.status().message())
                    .isEqualTo("network pods of " + conflist + " has just been read and is being checked");

            write("1.0.0");
            assertThat(await(networks, NetworkStatus::ready).ready()).isTrue();
        }
    }
}

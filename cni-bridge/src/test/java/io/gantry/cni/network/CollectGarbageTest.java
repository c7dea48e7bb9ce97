package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cni.plugin.FakePlugins;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectGarbageTest {
    @TempDir
    Path root;

    private FakePlugins plugins;
    private PodNetworks networks;

    @BeforeEach
    void open() throws IOException {
        Files.createDirectory(root.resolve("net.d"));
        write("1.1.0", "");
        plugins = new FakePlugins(Files.createDirectory(root.resolve("bin")))
                .install("bridge", "tuning")
                .answering("bridge", "ADD", "{\"ips\":[{\"address\":\"10.1.0.5/16\"}]}")
                .answering("tuning", "ADD", "{\"ips\":[{\"address\":\"10.1.0.5/16\"}]}");
        networks = reopen();
    }

    @AfterEach
    void close() {
        networks.close();
    }

    private void write(String version, String more) throws IOException {
        Files.writeString(
                root.resolve("net.d/10-pods.conflist"),
                "{\"cniVersion\":\"" + version + "\"," + more
                        + "\"name\":\"pods\",\"plugins\":[{\"type\":\"bridge\"},{\"type\":\"tuning\"}]}");
    }

    private PodNetworks reopen() {
        return PodNetworks.open(
                CniConfig.of(root.resolve("net.d"), List.of(root.resolve("bin")), root.resolve("cache")), plugins);
    }

    private void restart() {
        networks.close();
        networks = reopen();
        plugins.forget();
    }

    @Test
    void detachesWhatIsNoMoreAndNamesWhatIs() throws Exception {
        networks.attach(Pods.pod("live"));
        networks.attach(Pods.pod("stale"));
        restart();
        networks.attach(Pods.pod("new"));
        plugins.forget();

        networks.garbageCollect(Set.of("live"));

        assertThat(plugins.names("DEL", "GC")).containsExactly("DEL tuning", "DEL bridge", "GC bridge", "GC tuning");
        assertThat(plugins.calls().stream()
                        .filter(call -> call.verb().equals("GC"))
                        .map(call ->
                                call.stdin().path("cni.dev/valid-attachments").toString()))
                .containsOnly(
                        "[{\"containerID\":\"live\",\"ifname\":\"eth0\"},{\"containerID\":\"new\",\"ifname\":\"eth0\"}]");
        assertThat(networks.cached("stale")).isEmpty();
        assertThat(networks.cached("live")).isPresent();
        assertThat(networks.cached("new")).isPresent();
    }

    @Test
    void takesUpWhatADetachCouldNotFinish() throws Exception {
        networks.attach(Pods.pod("3f2a"));
        plugins.failing("bridge", "DEL", "{\"code\":999,\"msg\":\"broken\"}");
        assertThatThrownBy(() -> networks.detach(Pods.pod("3f2a"))).isInstanceOf(GantryException.class);
        plugins.on("bridge", "DEL", call -> FakePlugins.success(""));
        plugins.forget();

        networks.garbageCollect(Set.of());

        assertThat(plugins.names("DEL")).containsExactly("DEL tuning", "DEL bridge");
        assertThat(networks.cached("3f2a")).isEmpty();
    }

    @Test
    void triesForALongTimeThenGivesUp() throws Exception {
        networks.attach(Pods.pod("3f2a"));
        plugins.failing("tuning", "DEL", "{\"code\":999,\"msg\":\"broken\"}");
        restart();
        for (int i = 0; i < CollectGarbage.MOST_ATTEMPTS; i++) {
            assertThat(networks.cached("3f2a")).isPresent();
            assertThatThrownBy(() -> networks.garbageCollect(Set.of())).hasMessageContaining("broken");
        }

        assertThat(networks.cached("3f2a")).isEmpty();
        networks.garbageCollect(Set.of());
    }

    @Test
    void isPutOffWhileThereIsAlwaysAPodBeingAttached() throws Exception {
        networks.close();
        CniConfig config = CniConfig.of(root.resolve("net.d"), List.of(root.resolve("bin")), root.resolve("cache"));
        networks = PodNetworks.open(
                new CniConfig(
                        config.confDir(),
                        config.binDirs(),
                        config.cacheDir(),
                        config.pluginTimeout(),
                        Duration.ofMillis(20),
                        config.statusTimeout(),
                        config.statusInterval()),
                plugins);
        CountDownLatch adding = new CountDownLatch(1);
        CountDownLatch collected = new CountDownLatch(1);
        plugins.on("bridge", "ADD", call -> {
            adding.countDown();
            awaitUnless(collected);
            return FakePlugins.success("{\"ips\":[{\"address\":\"10.1.0.5/16\"}]}");
        });
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var attach = executor.submit(() -> networks.attach(Pods.pod("new")));
            try {
                adding.await();
                assertThatThrownBy(() -> networks.garbageCollect(Set.of()))
                        .hasMessage(
                                "collect garbage of network pods: put off, since pods are being attached or detached")
                        .isInstanceOfSatisfying(
                                GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
                assertThat(plugins.names("GC")).isEmpty();
            } finally {
                collected.countDown();
            }
            assertThat(attach.get()).isNotNull();
        }

        networks.garbageCollect(Set.of());
        assertThat(plugins.names("GC")).containsExactly("GC bridge", "GC tuning");
    }

    private static void awaitUnless(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void asksAllPluginsAlthoughOneFails() {
        plugins.failing("bridge", "GC", "{\"code\":999,\"msg\":\"first\"}")
                .failing("tuning", "GC", "{\"code\":999,\"msg\":\"second\"}");

        assertThatThrownBy(() -> networks.garbageCollect(Set.of()))
                .hasMessageStartingWith(
                        "collect garbage of network pods: plugin bridge failed on GC: first [code 999]; ")
                .satisfies(error -> assertThat(error.getSuppressed()).hasSize(1));
    }

    @Test
    void runsNoVerbWhereTheConfigurationForbidsItOrIsOlder() throws Exception {
        write("1.1.0", "\"disableGC\":true,");
        restart();
        networks.garbageCollect(Set.of());
        write("1.0.0", "");
        restart();
        networks.garbageCollect(Set.of());

        assertThat(plugins.names("GC")).isEmpty();
    }
}

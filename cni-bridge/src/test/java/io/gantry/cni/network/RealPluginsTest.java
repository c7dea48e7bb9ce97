package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.plugin.CniPluginRunner;
import io.gantry.cni.plugin.PluginPath;
import io.gantry.cni.plugin.PluginVersions;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.NamespaceThread;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged plugins bridge, host-local, portmap and loopback (those of another directory: {@code -Dgantry.test.cni}). They run in a network namespace of the test that stands
 * for the host, so that bridge and firewall rules go with it.
 */
class RealPluginsTest {
    private static final Path PLUGINS = Path.of(System.getProperty("gantry.test.cni", "/usr/lib/cni"));
    private static final String GATEWAY = "10.213.7.1";

    @TempDir
    Path root;

    private final String host = "gct-host-" + ProcessHandle.current().pid();
    private final List<String> namespaces = new ArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void makeHost() throws Exception {
        Privileges.assumeRoot();
        for (String program : List.of("ip", "nsenter", "iptables")) {
            Privileges.assumeProgram(program);
        }
        for (String plugin : List.of("bridge", "host-local", "portmap", "loopback")) {
            assumeTrue(
                    Files.isExecutable(PLUGINS.resolve(plugin)),
                    PLUGINS.resolve(plugin) + " is missing: install containernetworking-plugins");
        }
        addNamespace(host);
        run("ip", "-n", host, "link", "set", "lo", "up");
        Files.createDirectory(root.resolve("bin"));
        for (String plugin : List.of("bridge", "host-local", "portmap", "loopback")) {
            Files.writeString(
                    root.resolve("bin").resolve(plugin),
                    "#!/bin/sh\nexec nsenter --net=/run/netns/" + host + " " + PLUGINS.resolve(plugin) + "\n");
            Files.setPosixFilePermissions(
                    root.resolve("bin").resolve(plugin), PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Files.createDirectory(root.resolve("net.d"));
        Files.writeString(root.resolve("net.d/10-pods.conflist"), """
                {"cniVersion": "1.0.0", "name": "pods", "plugins": [
                  {"type": "bridge", "bridge": "gct0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
                   "ipam": {"type": "host-local", "dataDir": "%s",
                            "ranges": [[{"subnet": "10.213.7.0/29"}], [{"subnet": "fd42:213:7::/64"}]],
                            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
                  {"type": "portmap", "capabilities": {"portMappings": true}},
                  {"type": "loopback"}]}
                """.formatted(root.resolve("leases")));
    }

    @AfterEach
    void cleanUp() throws Exception {
        for (AutoCloseable resource : open) {
            resource.close();
        }
        for (String name : namespaces) {
            run("ip", "netns", "delete", name);
        }
    }

    @Test
    void givesAPodItsAddressesAndPortsAndTakesThemBack() throws Exception {
        Path netns = addNamespace("gct-pod-" + ProcessHandle.current().pid());
        PodAttachment pod = Pods.pod("real-1", netns, new PortMapping("tcp", 8000, 18000, ""));
        PodNetworks networks = networks();
        assertThat(networks.status())
                .isEqualTo(NetworkStatus.ready("network pods of " + root.resolve("net.d/10-pods.conflist")));

        PodNetwork attached = networks.attach(pod);

        assertThat(attached.ips()).containsExactly("10.213.7.2", "fd42:213:7::2");
        assertThat(leases()).containsExactlyInAnyOrder("10.213.7.2", "fd42:213:7::2");
        listen(netns, 8000);
        assertThat(connects(attached.primaryIp(), 8000)).isTrue();
        assertThat(connects(attached.ips().getLast(), 8000)).isTrue();
        assertThat(connects(GATEWAY, 18000)).isTrue();

        networks.detach(pod);

        assertThat(leases()).isEmpty();
        assertThat(rules()).noneMatch(rule -> rule.contains("18000") || rule.contains("real-1"));
        assertThat(run("ip", "-n", netns.getFileName().toString(), "-o", "link"))
                .doesNotContain("eth0");
        networks.detach(pod);
    }

    @Test
    void freesTheLeaseOfAPodWhoseNamespaceIsGoneAfterARestart() throws Exception {
        String name = "gct-pod-" + ProcessHandle.current().pid();
        PodAttachment pod = Pods.pod("real-2", addNamespace(name), new PortMapping("tcp", 80, 18080, ""));
        PodNetworks first = networks();
        PodNetwork attached = first.attach(pod);
        first.close();
        run("ip", "netns", "delete", name);
        namespaces.remove(name);
        Files.delete(root.resolve("net.d/10-pods.conflist"));

        PodNetworks second = networks();
        assertThat(second.cached("real-2")).contains(attached);
        second.detach(pod);

        assertThat(leases()).isEmpty();
        assertThat(rules()).noneMatch(rule -> rule.contains("18080"));
    }

    @Test
    void leavesNoLeaseWhenTheSubnetIsFull() throws Exception {
        PodNetworks networks = networks();
        for (int i = 0; i < 5; i++) {
            networks.attach(Pods.pod(
                    "full-" + i,
                    addNamespace("gct-" + i + "-" + ProcessHandle.current().pid())));
        }
        PodAttachment last = Pods.pod(
                "full-5", addNamespace("gct-5-" + ProcessHandle.current().pid()));

        assertThatThrownBy(() -> networks.attach(last))
                .hasMessageStartingWith(
                        "attach sandbox full-5 (default/web) to network pods: plugin bridge failed on ADD: ")
                .hasMessageContaining("no IP addresses available in range set: 10.213.7.1-10.213.7.6");

        assertThat(leases()).hasSize(10);
        networks.close();
        PodNetworks next = networks();
        next.garbageCollect(Set.of("full-0"));
        assertThat(leases()).containsExactlyInAnyOrder("10.213.7.2", "fd42:213:7::2");
        next.attach(last);
    }

    @Test
    void askForStatusAndCollectWithThePluginsOwnVerbs() throws Exception {
        PluginVersions versions = new PluginVersions(
                new CniPluginRunner(new PluginPath(List.of(root.resolve("bin"))), SpawnProcessRunner.shared(), root));
        assumeTrue(
                versions.spokenBy("bridge", "ask").contains(CniVersion.V1_1_0),
                "the plugins of " + PLUGINS
                        + " do not speak CNI 1.1.0: install containernetworking-plugins 1.5 or newer");
        Path conflist = root.resolve("net.d/10-pods.conflist");
        Files.writeString(conflist, Files.readString(conflist).replace("1.0.0", "1.1.0"));
        PodNetworks networks = networks();
        for (int i = 0; i < 1000 && !networks.status().ready(); i++) {
            Thread.sleep(10);
        }
        assertThat(networks.status().ready()).as(networks.status().message()).isTrue();
        PodAttachment pod =
                Pods.pod("kept", addNamespace("gct-6-" + ProcessHandle.current().pid()));
        networks.attach(pod);

        networks.garbageCollect(Set.of("kept"));

        // Release 1.9.1 of the plugins accepts GC but frees nothing yet: only that it harms nobody can be seen.
        assertThat(leases()).containsExactlyInAnyOrder("10.213.7.2", "fd42:213:7::2");
        networks.detach(pod);
        assertThat(leases()).isEmpty();
    }

    private PodNetworks networks() {
        PodNetworks networks = PodNetworks.open(
                CniConfig.of(root.resolve("net.d"), List.of(root.resolve("bin")), root.resolve("cache")),
                SpawnProcessRunner.shared());
        open.addFirst(networks);
        return networks;
    }

    private Path addNamespace(String name) throws Exception {
        run("ip", "netns", "add", name);
        namespaces.add(name);
        return Path.of("/run/netns", name);
    }

    private void listen(Path netns, int port) throws Exception {
        ServerSocket server = NamespaceThread.run(List.of(netns), () -> new ServerSocket(port));
        open.addFirst(server);
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    server.accept().close();
                }
            } catch (IOException e) {
                // closed
            }
        });
    }

    /** From the host, trying again for a while: a new bridge's IPv6 address is not usable in its first second. */
    private boolean connects(String address, int port) throws Exception {
        return NamespaceThread.run(List.of(Path.of("/run/netns", host)), () -> {
            for (int attempt = 0; attempt < 30; attempt++) {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(InetAddress.ofLiteral(address), port), 1_000);
                    return true;
                } catch (IOException e) {
                    Thread.sleep(100);
                }
            }
            return false;
        });
    }

    /** The addresses that host-local holds. */
    private List<String> leases() throws IOException {
        try (var files = Files.list(root.resolve("leases/pods"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("last_reserved") && !name.equals("lock"))
                    .toList();
        }
    }

    private List<String> rules() throws Exception {
        return run("nsenter", "--net=/run/netns/" + host, "iptables", "-t", "nat", "-S")
                .lines()
                .toList();
    }

    private static String run(String... argv) throws InterruptedException {
        ProcessResult result = SpawnProcessRunner.shared().run(Command.of(argv), Deadline.after(Duration.ofMinutes(1)));
        assertThat(result.isSuccess())
                .as("%s: %s", String.join(" ", argv), result.stderrText())
                .isTrue();
        return result.stdoutText();
    }
}

package io.gantry.e2e.runtime;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Everything on this machine that one runtime under test may touch.
 *
 * @param base on disk, holds all but the state directory
 * @param state on tmpfs, short enough for Unix sockets
 * @param number part of the bridge's name and of the subnet 10.89.number.0/24
 */
public record Node(Path base, Path state, int number) {

    /** Makes the directories and takes a bridge name and a subnet that are free. */
    public static Node create(String name) throws IOException, InterruptedException {
        String parent = System.getenv().getOrDefault("GANTRY_E2E_DIR", "/var/tmp");
        Path base = Files.createTempDirectory(Path.of(parent), "gantry-e2e-" + name);
        Path state = Files.createTempDirectory(Path.of("/run"), "gantry-e2e-" + name);
        Node node = new Node(base, state, freeNumber());
        for (Path directory :
                new Path[] {node.root(), node.networks(), node.registries(), node.logs(), node.files(), node.plugins()
                }) {
            Files.createDirectories(directory);
        }
        Files.setAttribute(base, "unix:mode", 0755);
        Files.setAttribute(state, "unix:mode", 0755);
        return node;
    }

    private static int freeNumber() throws IOException, InterruptedException {
        String routes = Command.of("ip", "-4", "route", "show", "table", "all").run();
        String links = Command.of("ip", "-o", "link", "show").run();
        for (int attempt = 0; attempt < 100; attempt++) {
            int number = ThreadLocalRandom.current().nextInt(1, 255);
            if (!routes.contains("10.89." + number + ".") && !links.contains("ge2e" + number + ":")) {
                return number;
            }
        }
        throw new IOException("choose a subnet: no 10.89.x.0/24 is free of routes");
    }

    /** The runtime's persistent directory. */
    public Path root() {
        return base.resolve("root");
    }

    /** Directory of the conflist. */
    public Path networks() {
        return base.resolve("cni");
    }

    /** Directory for network plugins of a test's own; the runtime looks there last. */
    public Path plugins() {
        return base.resolve("plugins");
    }

    /** Directory of {@code <host>/hosts.toml}. */
    public Path registries() {
        return base.resolve("certs.d");
    }

    /** Directory for container logs. */
    public Path logs() {
        return base.resolve("logs");
    }

    /** Configuration files and whatever a test writes. */
    public Path files() {
        return base.resolve("files");
    }

    /** Where NRI plugins connect. */
    public Path nriSocket() {
        return state.resolve("nri").resolve("nri.sock");
    }

    /** NRI plugins that the runtime starts itself; not made. */
    public Path nriPlugins() {
        return base.resolve("nri-plugins");
    }

    /** Their configuration; not made. */
    public Path nriConfig() {
        return base.resolve("nri-conf");
    }

    /** The daemon's own log. */
    public Path daemonLog() {
        return base.resolve("daemon.log");
    }

    /** Where the CRI socket is. */
    public Path socket() {
        return state.resolve("cri.sock");
    }

    /** Address leases of the network's host-local IPAM. */
    public Path leases() {
        return state.resolve("ipam");
    }

    public String bridge() {
        return "ge2e" + number;
    }

    public String network() {
        return "gantry-e2e-" + number;
    }

    public String subnet() {
        return "10.89." + number + ".0/24";
    }

    /** The cgroup that pods of a test name as their parent. */
    public String cgroup() {
        return "/gantry-e2e-" + number;
    }

    /** Writes the conflist: a bridge with masquerading and host-local addresses, and portmap. */
    public void writeConflist() throws IOException {
        Files.writeString(networks().resolve("10-e2e.conflist"), conflist());
    }

    /** The conflist's text, for tests that change it. */
    public String conflist() {
        return """
                {
                  "cniVersion": "1.0.0",
                  "name": "%s",
                  "plugins": [
                    {
                      "type": "bridge",
                      "bridge": "%s",
                      "isGateway": true,
                      "ipMasq": true,
                      "ipam": {
                        "type": "host-local",
                        "dataDir": "%s",
                        "ranges": [[{ "subnet": "%s" }]],
                        "routes": [{ "dst": "0.0.0.0/0" }]
                      }
                    },
                    { "type": "portmap", "capabilities": { "portMappings": true } }
                  ]
                }
                """.formatted(network(), bridge(), leases(), subnet());
    }

    /** Sends every registry host to one address, with no way past it. */
    public void writeDefaultMirror(String address) throws IOException {
        writeMirror("_default", address);
    }

    /** Sends one registry host to an address. */
    public void writeMirror(String host, String address) throws IOException {
        Path directory = Files.createDirectories(registries().resolve(host));
        Files.writeString(directory.resolve("hosts.toml"), "server = \"http://" + address + "\"\n");
    }
}

package io.gantry.e2e.kubelet;

import io.gantry.e2e.runtime.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The files that a kubelet is started with, and the places it writes to: all within the node's own directories. */
record KubeletFiles(Node node) {
    /** What a kubelet sets where it finds other values; here it finds them set, in a mount namespace of its own. */
    private static final Map<String, String> TUNABLES = Map.of(
            "vm/overcommit_memory", "1",
            "vm/panic_on_oom", "0",
            "kernel/panic", "10",
            "kernel/panic_on_oops", "1",
            "kernel/keys/root_maxkeys", "1000000",
            "kernel/keys/root_maxbytes", "25000000");

    /** The root directory: volumes, plugins, checkpoints. */
    Path root() {
        return node.base().resolve("kubelet");
    }

    Path manifests() {
        return node.base().resolve("manifests");
    }

    /** The directory of the pods' logs. */
    Path podLogs() {
        return node.logs().resolve("pods");
    }

    Path log() {
        return node.base().resolve("kubelet.log");
    }

    private Path configuration() {
        return node.files().resolve("kubelet.json");
    }

    private Path resolvConf() {
        return node.files().resolve("resolv.conf");
    }

    private Path script() {
        return node.files().resolve("kubelet.sh");
    }

    /** Writes everything and returns the script that becomes the kubelet. */
    Path write(Path kubelet, int port, KubeletOptions options) throws IOException {
        for (Path directory : new Path[] {root(), manifests(), podLogs()}) {
            Files.createDirectories(directory);
        }
        Files.writeString(resolvConf(), "nameserver 127.0.0.1\n");
        Files.writeString(configuration(), configurationText(port, options));
        Files.writeString(script(), scriptText(kubelet, options));
        return script();
    }

    /**
     * The kubelet has a few paths that cannot be moved, and tunes the kernel. It gets a mount namespace of its own
     * where those paths are empty and the kernel's values are what it wants. What it mounts under its root directory,
     * a shared mount, is seen outside as on any node.
     */
    private String scriptText(Path kubelet, KubeletOptions options) throws IOException {
        StringBuilder text = new StringBuilder("""
                set -e
                for path in /proc/sys /var/lib /var/log; do
                    mount --make-slave "$(stat -c %m $path)"
                done
                mount -t tmpfs kubelet /var/lib/kubelet
                mount -t tmpfs kubelet /var/log/containers
                """);
        for (Map.Entry<String, String> tunable : TUNABLES.entrySet()) {
            Path wanted = node.files().resolve(tunable.getKey().replace('/', '-'));
            Files.writeString(wanted, tunable.getValue() + "\n");
            text.append("[ ! -e /proc/sys/%1$s ] || mount --bind %2$s /proc/sys/%1$s\n"
                    .formatted(tunable.getKey(), wanted));
        }
        text.append("exec ")
                .append(kubelet)
                .append(" --v=2 --config=")
                .append(configuration())
                .append(" --root-dir=")
                .append(root())
                .append(" --cert-dir=")
                .append(root().resolve("pki"))
                .append(" --hostname-override=")
                .append(Kubelet.NODE_NAME)
                .append(" --node-ip=")
                .append(address());
        options.kubeconfig().ifPresent(path -> text.append(" --kubeconfig=").append(path));
        return text.append('\n').toString();
    }

    /** The address of the node's own bridge, which nothing outside of this machine reaches. */
    String address() {
        return node.subnet().replace(".0/24", ".1");
    }

    private String configurationText(int port, KubeletOptions options) {
        return """
                {
                  "apiVersion": "kubelet.config.k8s.io/v1beta1",
                  "kind": "KubeletConfiguration",
                  "address": "%1$s",
                  "port": %2$d,
                  "healthzPort": 0,
                  "authentication": {"anonymous": {"enabled": true}, "webhook": {"enabled": false}},
                  "authorization": {"mode": "AlwaysAllow"},
                  "containerRuntimeEndpoint": "unix://%3$s",
                  "staticPodPath": "%4$s",
                  "podLogsDir": "%5$s",
                  "volumePluginDir": "%6$s",
                  "resolvConf": "%7$s",
                  "cgroupRoot": "%8$s",
                  "cgroupDriver": "cgroupfs",
                  "failCgroupV1": false,
                  "failSwapOn": false,
                  "oomScoreAdj": 0,
                  "enforceNodeAllocatable": [],
                  "makeIPTablesUtilChains": false,
                  "evictionHard": {
                    "memory.available": "0%%",
                    "nodefs.available": "%9$s",
                    "nodefs.inodesFree": "0%%",
                    "imagefs.available": "0%%",
                    "imagefs.inodesFree": "0%%",
                    "pid.available": "0%%"
                  },
                  "imageMinimumGCAge": "1ns",
                  "imageGCHighThresholdPercent": 100,
                  "containerLogMaxSize": "20Ki",
                  "containerLogMaxFiles": 10,
                  "containerLogMonitorInterval": "3s",
                  "crashLoopBackOff": {"maxContainerRestartPeriod": "2s"},
                  "syncFrequency": "5s",
                  "fileCheckFrequency": "1s",
                  "nodeStatusUpdateFrequency": "2s",
                  "serializeImagePulls": false,
                  "registryPullQPS": 0,
                  "featureGates": {"PodAndContainerStatsFromCRI": true}
                }
                """.formatted(
                        address(),
                        port,
                        node.socket(),
                        manifests(),
                        podLogs(),
                        root().resolve("volume-plugins"),
                        resolvConf(),
                        node.cgroup(),
                        options.leastFreeDisk());
    }
}

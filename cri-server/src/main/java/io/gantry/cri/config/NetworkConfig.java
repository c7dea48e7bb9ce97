package io.gantry.cri.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Pod networks.
 *
 * @param confDir where conflists are; the first by file name is used
 * @param binDirs where plugins are looked up, in this order
 * @param pluginTimeout how long one run of a plugin may take before it is killed
 */
public record NetworkConfig(Path confDir, List<Path> binDirs, Duration pluginTimeout) {
    public NetworkConfig {
        binDirs = List.copyOf(binDirs);
    }

    static NetworkConfig read(ConfigSection in) {
        return new NetworkConfig(
                in.absolutePath(
                        "conf_dir",
                        "/etc/cni/net.d",
                        "Where network configurations are; the first by file name is used. Watched for changes."),
                in.absolutePaths(
                        "bin_dirs",
                        List.of("/opt/cni/bin", "/usr/lib/cni"),
                        "Where CNI plugins are looked up, in this order."),
                in.duration(
                        "plugin_timeout",
                        "2m",
                        Duration.ofMillis(100),
                        Duration.ofHours(1),
                        "How long one run of a plugin may take before it is killed with all its children."));
    }
}

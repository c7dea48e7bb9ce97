package io.gantry.cri.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Plugins of the Node Resource Interface.
 *
 * @param socket where plugins connect
 * @param pluginDir plugins that the daemon starts itself
 * @param configDir their configuration, one file each
 * @param registrationTimeout how long a plugin may take to register, and to be told what exists
 * @param requestTimeout how long a plugin may take to answer
 */
public record NriConfig(
        boolean enable,
        Path socket,
        Path pluginDir,
        Path configDir,
        Duration registrationTimeout,
        Duration requestTimeout) {
    private static final Duration LEAST = Duration.ofMillis(10);
    private static final Duration MOST = Duration.ofMinutes(5);

    static NriConfig read(ConfigSection in) {
        return new NriConfig(
                in.flag("enable", true, "Whether plugins may take part in the life of pods and containers."),
                in.absolutePath("socket", "/var/run/nri/nri.sock", "Where plugins connect; its directory is made."),
                in.absolutePath(
                        "plugin_dir",
                        "/opt/nri/plugins",
                        "Programs named NN-name in this directory are started with the daemon, in the order of NN."),
                in.absolutePath(
                        "config_dir",
                        "/etc/nri/conf.d",
                        "Configuration of those programs: NN-name.conf, else name.conf."),
                in.duration(
                        "registration_timeout",
                        "5s",
                        LEAST,
                        MOST,
                        "How long a plugin may take to register, and to take in what exists."),
                in.duration(
                        "request_timeout",
                        "2s",
                        LEAST,
                        MOST,
                        "How long a plugin may take to answer; one that takes longer is disconnected."));
    }
}

package io.gantry.cri.config;

import java.nio.file.Path;
import java.util.Map;

/**
 * All of gantry.toml.
 *
 * @param root what survives a reboot: images, layers, records
 * @param state what belongs to running processes; should be on a tmpfs
 * @param effective every key with the value in force, as TOML, for people to look at
 */
public record GantryConfig(
        Path root,
        Path state,
        ApiConfig api,
        StreamingConfig streaming,
        NetworkConfig network,
        ImagesConfig images,
        RuntimeConfig runtime,
        LogConfig log,
        MetricsConfig metrics,
        NriConfig nri,
        Map<String, String> effective) {
    /** Where the configuration is looked for when nobody says otherwise. */
    public static final Path DEFAULT_FILE = Path.of("/etc/gantry/gantry.toml");

    public GantryConfig {
        effective = Map.copyOf(effective);
    }

    static GantryConfig read(ConfigReader reader) {
        ConfigSection in = reader.root();
        Path root = in.absolutePath(
                "root",
                "/var/lib/gantry",
                "What survives a reboot: images, layers, and the records of sandboxes and containers.");
        Path state = in.absolutePath(
                "state",
                "/run/gantry",
                "What belongs to running processes: sockets, bundles, namespaces, exit files. Should be on a tmpfs.");
        if (root.startsWith(state) || state.startsWith(root)) {
            in.refuse("state", "must not be the same as root, nor one within the other");
        }
        ApiConfig api = ApiConfig.read(in.section("api", "The CRI socket that the kubelet and crictl connect to."));
        StreamingConfig streaming = StreamingConfig.read(
                in.section("streaming", "The server for exec, attach and port-forward with streams."));
        NetworkConfig network = NetworkConfig.read(in.section("network", "Pod networks, through CNI plugins."));
        ImagesConfig images = ImagesConfig.read(in.section("images", "Pulling and keeping images."));
        RuntimeConfig runtime = RuntimeConfig.read(in.section("runtime", "How containers are run."));
        LogConfig log = LogConfig.read(in.section("log", "The daemon's own log, on standard error."));
        MetricsConfig metrics = MetricsConfig.read(in.section("metrics", "Prometheus metrics of the daemon."));
        NriConfig nri = NriConfig.read(
                in.section("nri", "Plugins of the Node Resource Interface (NRI): who may change containers."));
        return new GantryConfig(
                root, state, api, streaming, network, images, runtime, log, metrics, nri, reader.effective());
    }
}

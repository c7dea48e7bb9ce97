package io.gantry.cri.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Pulling and keeping images.
 *
 * @param registryDir one directory for each registry host, with a hosts.toml
 * @param pinned names of images that the kubelet's garbage collection must spare
 * @param maxParallelLayers layers that are fetched at one time, over all pulls
 * @param progressTimeout longest time without a byte before a registry is given up
 */
public record ImagesConfig(
        Path registryDir, List<String> pinned, int maxParallelLayers, Duration progressTimeout) {
    public ImagesConfig {
        pinned = List.copyOf(pinned);
    }

    static ImagesConfig read(ConfigSection in) {
        return new ImagesConfig(
                in.absolutePath(
                        "registry_dir",
                        "/etc/gantry/certs.d",
                        "Mirrors and certificates: <host>/hosts.toml for one registry, _default/hosts.toml for all others."),
                in.texts(
                        "pinned",
                        List.of(),
                        "Names of images that the kubelet's garbage collection must spare.",
                        names -> names),
                in.number(
                        "max_parallel_layers",
                        8,
                        1,
                        64,
                        "How many layers are fetched at one time, over all pulls."),
                in.duration(
                        "progress_timeout",
                        "60s",
                        Duration.ofSeconds(1),
                        Duration.ofHours(1),
                        "Longest time without a byte from a registry before the pull goes on elsewhere or fails."));
    }
}

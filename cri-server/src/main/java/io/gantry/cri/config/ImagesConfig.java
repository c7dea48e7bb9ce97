package io.gantry.cri.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Pulling and keeping images.
 *
 * @param registryDir one directory for each registry host, with a hosts.toml
 * @param pinned names or patterns of images that the kubelet's garbage collection must spare
 * @param maxParallelLayers layers that are fetched at one time, over all pulls; 0 to choose by the number of processors
 * @param progressTimeout longest time without a byte before a registry is given up
 * @param orphanGrace how long finished layers of a failed pull wait for the next try
 * @param volatileContainers whether what containers write may be lost when the node loses power
 */
public record ImagesConfig(
        Path registryDir,
        List<String> pinned,
        int maxParallelLayers,
        Duration progressTimeout,
        Duration orphanGrace,
        boolean volatileContainers) {
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
                        "Names of images that the kubelet's garbage collection must spare; * stands for any text.",
                        names -> names),
                in.number(
                        "max_parallel_layers",
                        0,
                        0,
                        64,
                        "How many layers are fetched at one time, over all pulls; 0: two for each processor, 4 to 16."),
                in.duration(
                        "progress_timeout",
                        "60s",
                        Duration.ofSeconds(1),
                        Duration.ofHours(1),
                        "Longest time without a byte from a registry before the pull goes on elsewhere or fails."),
                in.duration(
                        "orphan_grace",
                        "1h",
                        Duration.ZERO,
                        Duration.ofHours(24 * 30),
                        "How long finished layers of a failed pull wait for the next try."),
                in.flag(
                        "volatile_containers",
                        true,
                        "Whether what containers write to their own file system may be lost when the node loses power."
                                + " Kubernetes starts them anew then anyway; off makes them slower."));
    }
}

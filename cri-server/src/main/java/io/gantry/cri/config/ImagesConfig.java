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
 * @param pullMemory bytes of buffers and decoders of all pulls together
 * @param connectionsPerLayer connections for one large layer that comes slowly, at most
 * @param spool whether large layers are kept as they come, to go on in their middle later
 * @param progressTimeout longest time without a byte before a registry is given up
 * @param orphanGrace how long finished layers of a failed pull wait for the next try
 * @param volatileContainers whether what containers write may be lost when the node loses power
 */
public record ImagesConfig(
        Path registryDir,
        List<String> pinned,
        int maxParallelLayers,
        long pullMemory,
        int connectionsPerLayer,
        boolean spool,
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
                        "How many layers are fetched at one time, over all pulls; 0: two for each processor, 4 to 16. More only"
                                + " so that every pull has one."),
                (long) in.number(
                                "pull_memory_mib",
                                64,
                                8,
                                65536,
                                "Memory for buffers and decoders of all pulls together, in MiB.")
                        << 20,
                in.number(
                        "connections_per_layer",
                        4,
                        1,
                        16,
                        "How many connections one large layer may use where one is slow; 1: never more than one."),
                in.flag(
                        "spool",
                        false,
                        "Whether layers above 16 MiB are also written to disk as they come, so that a pull that was broken"
                                + " off or a restart goes on in the middle of a layer. Costs a second write."),
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

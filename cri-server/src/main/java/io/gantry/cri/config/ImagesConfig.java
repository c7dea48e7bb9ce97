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
 * @param trustPolicy file that says which images may come in and run; empty: all
 * @param verifierDir directory of programs that judge images; empty: none
 * @param verifierTimeout of each such program
 * @param dockerConfig file with credentials for pulls that bring none; empty: none
 * @param sealLayers whether new layers are read once, so that damage can be found later
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
        boolean volatileContainers,
        String trustPolicy,
        String verifierDir,
        Duration verifierTimeout,
        String dockerConfig,
        boolean sealLayers) {
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
                                + " Kubernetes starts them anew then anyway; off makes them slower."),
                optionalPath(
                        in,
                        "trust_policy",
                        "Which images may be pulled and run: a file with rules by registry and namespace, that accept, reject,"
                                + " or require signatures; empty: every image."),
                optionalPath(
                        in,
                        "verifier_dir",
                        "Programs that judge every image before it is pulled, as containerd's image verifiers; empty: none."),
                in.duration(
                        "verifier_timeout",
                        "10s",
                        Duration.ofSeconds(1),
                        Duration.ofMinutes(10),
                        "How long each of these programs may take; one that takes longer refuses the image."),
                optionalPath(
                        in,
                        "docker_config",
                        "Credentials for pulls that bring none: a config.json of Docker, with its helpers; empty: none."),
                in.flag(
                        "seal_layers",
                        true,
                        "Whether each new layer is read once in the background, when no pull is under way, so that"
                                + " 'gantry image verify' can find damage in it later."));
    }

    private static String optionalPath(ConfigSection in, String key, String comment) {
        return in.parsed(key, "", comment, value -> {
            if (!value.isEmpty() && !value.startsWith("/")) {
                throw new ConfigSection.Refused("must be an absolute path or empty");
            }
            return value;
        });
    }
}

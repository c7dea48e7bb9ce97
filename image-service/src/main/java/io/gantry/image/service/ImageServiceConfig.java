package io.gantry.image.service;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.reference.Platform;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the image service.
 *
 * @param root where layers, snapshots and image records are kept; one file system that overlayfs can write to
 * @param registryDir {@code <host>/hosts.toml} directories; need not exist
 * @param platform whose images are pulled
 * @param pinned patterns of image names, see {@link PinnedImages}
 * @param maxTransfers layers pulled at once, over all pulls; more only so that each pull has one
 * @param pullMemory bytes that all transfers of layers hold at most, see {@link io.gantry.image.budget.TransferBudget}
 * @param connectionsPerLayer at most, for large layers that one connection delivers slowly
 * @param spool whether large layers are also kept as they come, until they are complete, so that a pull that was broken off
 *     or a daemon that was restarted goes on in the middle
 * @param limits what one layer may unpack to
 * @param progressTimeout longest time without a byte on a connection to a registry
 * @param orphanGrace how long finished layers of a failed pull wait for the next try
 * @param usagePause between two walks of the writable directories of containers
 * @param volatileSnapshots whether writable directories of containers need not be brought to the disk
 */
public record ImageServiceConfig(
        Path root,
        Path registryDir,
        Platform platform,
        List<String> pinned,
        int maxTransfers,
        long pullMemory,
        int connectionsPerLayer,
        boolean spool,
        ExtractionLimits limits,
        Duration progressTimeout,
        Duration orphanGrace,
        Duration usagePause,
        boolean volatileSnapshots) {
    /** 64 MiB. */
    public static final long DEFAULT_PULL_MEMORY = 64L << 20;

    public ImageServiceConfig {
        root = root.toAbsolutePath().normalize();
        pinned = List.copyOf(pinned);
        if (maxTransfers < 1) {
            throw new IllegalArgumentException("max transfers is below 1: " + maxTransfers);
        }
        if (pullMemory < 1 || connectionsPerLayer < 1) {
            throw new IllegalArgumentException(
                    "pull memory or connections below 1: " + pullMemory + ", " + connectionsPerLayer);
        }
    }

    /**
     * The platform of this host, nothing pinned, two layers per processor but 4 to 16 at once, 64 MiB and four connections for them, no spool, 60 s without a byte, layers
     * of failed pulls kept for an hour, writable directories walked every 30 s and volatile.
     */
    public static ImageServiceConfig defaults(Path root, Path registryDir) {
        return new ImageServiceConfig(
                root,
                registryDir,
                Platform.current(),
                List.of(),
                Math.clamp(2L * Runtime.getRuntime().availableProcessors(), 4, 16),
                DEFAULT_PULL_MEMORY,
                4,
                false,
                ExtractionLimits.DEFAULT,
                Duration.ofSeconds(60),
                Duration.ofHours(1),
                Duration.ofSeconds(30),
                true);
    }
}

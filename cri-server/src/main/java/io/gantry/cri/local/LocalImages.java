package io.gantry.cri.local;

import io.gantry.cri.config.GantryConfig;
import io.gantry.cri.config.ImagesConfig;
import io.gantry.image.service.ImagePolicies;
import io.gantry.image.service.ImageService;
import io.gantry.image.service.ImageServiceConfig;
import io.gantry.image.trust.TrustConfig;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import java.io.IOException;
import java.nio.file.Path;

/** The store of images, worked on while no daemon runs. */
public final class LocalImages implements AutoCloseable {
    private final DataLock lock;
    private final ImageService images;

    private LocalImages(DataLock lock, ImageService images) {
        this.lock = lock;
        this.images = images;
    }

    /**
     * Opens the store.
     *
     * @throws GantryException FAILED_PRECONDITION when a daemon or another command works on it
     */
    public static LocalImages open(GantryConfig config) {
        DataLock lock = DataLock.of(config.root());
        boolean opened = false;
        try {
            // A command that ends soon must not begin to read every layer.
            ImagePolicies policies = policies(config);
            ImageService images = ImageService.open(
                    settings(config),
                    new ImagePolicies(policies.trust(), policies.dockerConfig(), false),
                    JnaSyscalls.instance(),
                    new Mounts(JnaSyscalls.instance()));
            opened = true;
            return new LocalImages(lock, images);
        } finally {
            if (!opened) {
                release(lock);
            }
        }
    }

    private static void release(DataLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "unlock the store of images", e.toString())
                    .causedBy(e);
        }
    }

    public ImageService images() {
        return images;
    }

    /** What the daemon, too, opens the store with. */
    public static ImageServiceConfig settings(GantryConfig config) {
        ImagesConfig images = config.images();
        ImageServiceConfig defaults = ImageServiceConfig.defaults(config.root(), images.registryDir());
        return new ImageServiceConfig(
                defaults.root(),
                defaults.registryDir(),
                defaults.platform(),
                images.pinned(),
                images.maxParallelLayers() == 0 ? defaults.maxTransfers() : images.maxParallelLayers(),
                images.pullMemory(),
                images.connectionsPerLayer(),
                images.spool(),
                defaults.limits(),
                images.progressTimeout(),
                images.orphanGrace(),
                defaults.usagePause(),
                images.volatileContainers());
    }

    /** What the daemon, too, lets in and shows to registries. */
    public static ImagePolicies policies(GantryConfig config) {
        ImagesConfig images = config.images();
        return new ImagePolicies(
                new TrustConfig(
                        images.trustPolicy().isEmpty() ? null : Path.of(images.trustPolicy()),
                        images.verifierDir().isEmpty() ? null : Path.of(images.verifierDir()),
                        images.verifierTimeout()),
                images.dockerConfig().isEmpty() ? null : Path.of(images.dockerConfig()),
                images.sealLayers());
    }

    @Override
    public void close() {
        try {
            images.close();
        } finally {
            release(lock);
        }
    }
}

package io.gantry.cri.local;

import io.gantry.cri.config.GantryConfig;
import io.gantry.cri.config.ImageSettings;
import io.gantry.image.service.ImagePolicies;
import io.gantry.image.service.ImageService;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import java.io.IOException;

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
            ImagePolicies policies = ImageSettings.policies(config);
            ImageService images = ImageService.open(
                    ImageSettings.service(config),
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

    @Override
    public void close() {
        try {
            images.close();
        } finally {
            release(lock);
        }
    }
}

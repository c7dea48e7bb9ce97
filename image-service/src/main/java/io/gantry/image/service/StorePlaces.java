package io.gantry.image.service;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where layers and writable directories are. Each may have a file system of its own mounted on it, which the kubelet then
 * watches for itself: it takes two directories that differ for two file systems.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/">node-pressure eviction</a>
 */
record StorePlaces(Path root) {
    Path layers() {
        return root.resolve("layers");
    }

    Path snapshots() {
        return root.resolve("snapshots");
    }

    /**
     * A directory that stands for the file system of the layers.
     *
     * @throws GantryException INTERNAL when the directories cannot be looked at
     */
    Path ofImages() {
        return place(layers());
    }

    /** As {@link #ofImages} for what containers write; the same directory when it is the same file system. */
    Path ofContainers() {
        Path place = place(snapshots());
        return place.equals(root) || !isSame(place, layers()) ? place : layers();
    }

    private Path place(Path store) {
        return isSame(store, root) ? root : store;
    }

    private static boolean isSame(Path a, Path b) {
        try {
            return Files.getAttribute(a, "unix:dev").equals(Files.getAttribute(b, "unix:dev"));
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "find the file systems of " + a + " and " + b, e.toString())
                    .causedBy(e);
        }
    }
}

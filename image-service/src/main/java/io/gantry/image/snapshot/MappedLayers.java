package io.gantry.image.snapshot;

import io.gantry.platform.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The layers of one snapshot mounted with the ids of a user namespace. Overlayfs itself has no id mapping, but takes
 * directories that have one (Linux 5.19), and needs them at a path only while it is mounted: then it holds them itself.
 * They hang on one private mount, which passes nothing on to other mount namespaces and takes all of them along when it
 * goes.
 */
final class MappedLayers implements AutoCloseable {
    private static final String NAME = "mapped";

    private final Mounts mounts;
    private final Path directory;

    private MappedLayers(Mounts mounts, Path directory) {
        this.mounts = mounts;
        this.directory = directory;
    }

    /** @param snapshot its directory, in which the mounts are made */
    static MappedLayers open(Mounts mounts, Path snapshot) throws IOException {
        Path directory = snapshot.resolve(NAME);
        Files.createDirectories(directory);
        mounts.bind(directory, directory, false, false);
        MappedLayers layers = new MappedLayers(mounts, directory);
        boolean isPrivate = false;
        try {
            mounts.makePrivate(directory, false);
            isPrivate = true;
        } finally {
            if (!isPrivate) {
                layers.close();
            }
        }
        return layers;
    }

    /** @return where they are, in the same order */
    List<Path> mount(List<Path> layers, IdMap idMap) throws IOException {
        List<Path> mapped = new ArrayList<>();
        for (Path layer : layers) {
            Path target = Files.createDirectories(directory.resolve(Integer.toString(mapped.size())));
            mounts.idMapped(layer, target, idMap.userNamespace());
            mapped.add(target);
        }
        return mapped;
    }

    @Override
    public void close() {
        mounts.unmount(directory);
    }

    /** Takes away what a daemon that was killed has left, so that nothing of the layers is seen under the snapshot. */
    static void clear(Mounts mounts, Path snapshot) {
        Path directory = snapshot.resolve(NAME);
        while (Files.isDirectory(directory) && mounts.unmount(directory)) {
            // Once more: there may be one on top of the other.
        }
    }
}

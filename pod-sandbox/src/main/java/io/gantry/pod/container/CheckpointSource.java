package io.gantry.pod.container;

import io.gantry.image.service.Image;
import io.gantry.image.service.ImageService;
import io.gantry.image.service.RootfsOptions;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.checkpoint.CheckpointFiles;
import io.gantry.pod.checkpoint.StagedCheckpoint;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.state.PodPaths;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a container that is to be restored comes from: an archive on this node, or an image that holds what an archive
 * holds.
 *
 * @param archive null for an image
 * @param image null for an archive
 * @param exact whether the config must describe the processes as they are (RestorePod), or may say less
 */
record CheckpointSource(@Nullable Path archive, @Nullable Image image, boolean exact) {
    /** The checkpoint that a config names as its image, if it does. */
    static Optional<CheckpointSource> of(ImageService images, ContainerConfig config, String action) {
        String name = config.image().image();
        if (name.startsWith("/")) {
            return Optional.of(archive(Path.of(name), false, action));
        }
        return images.find(name)
                .filter(CheckpointSource::isCheckpoint)
                .map(image -> new CheckpointSource(null, image, false));
    }

    private static boolean isCheckpoint(Image image) {
        return image.annotations().containsKey(CheckpointFiles.CONTAINER_NAME)
                || image.annotations().containsKey(CheckpointFiles.CRIO_NAME);
    }

    /** @throws GantryException NOT_FOUND, or INVALID_ARGUMENT when it is no file */
    static CheckpointSource archive(Path archive, boolean exact, String action) {
        if (!Files.exists(archive)) {
            throw GantryException.of(ErrorKind.NOT_FOUND, action, "there is no checkpoint archive " + archive);
        }
        if (!Files.isRegularFile(archive)) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT, action, "checkpoint archive " + archive + " is not a file");
        }
        return new CheckpointSource(archive, null, exact);
    }

    /** Brings the checkpoint to the container's own directory; on failure that is left, for the caller to delete. */
    StagedCheckpoint stage(ContainerParts parts, String containerId, String action) throws InterruptedException {
        Path directory = parts.state().paths().restore(containerId);
        StagedCheckpoint.makeDirectory(directory, action);
        if (archive != null) {
            return StagedCheckpoint.unpack(JnaSyscalls.instance(), archive, directory, action);
        }
        if (image == null) {
            throw new IllegalStateException("neither archive nor image");
        }
        // The id with a suffix, so the Reconciler ties leftovers to the container.
        String key = containerId + ".checkpoint";
        PodPaths paths = parts.state().paths();
        try {
            var unused = parts.images().prepareRootfs(key, image.id(), paths.rootfs(key), RootfsOptions.READ_ONLY);
            return StagedCheckpoint.copy(paths.rootfs(key), image.id(), directory, action);
        } finally {
            parts.images().removeRootfs(key, paths.rootfs(key));
            Trees.delete(paths.bundle(key));
        }
    }

    /** The image that the container was made of. */
    Image base(ContainerParts parts, StagedCheckpoint checkpoint, String action) {
        Optional<Image> found = Optional.empty();
        for (String name :
                new String[] {checkpoint.imageRef(), "sha256:" + checkpoint.imageRef(), checkpoint.imageName()}) {
            if (found.isEmpty() && name.length() > "sha256:".length()) {
                found = find(parts, name);
            }
        }
        return found.filter(candidate -> !isCheckpoint(candidate))
                .orElseThrow(() -> GantryException.of(
                                ErrorKind.NOT_FOUND,
                                action,
                                "the image that the checkpoint was made of is not on this node: "
                                        + (checkpoint.imageName().isEmpty()
                                                ? checkpoint.imageRef()
                                                : checkpoint.imageName()))
                        .withRemedy("pull it first"));
    }

    private static Optional<Image> find(ContainerParts parts, String name) {
        try {
            return parts.images().find(name);
        } catch (GantryException e) {
            return Optional.empty(); // no name that an image can have
        }
    }
}

package io.gantry.pod.container;

import io.gantry.image.service.ImageService;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Image volumes: images that a container mounts (api.proto, Mount.image). Each image is mounted once for a container, under
 * its bundle, however many mounts show it or a directory of it. The mounts belong to the container's root file system and
 * are removed with it.
 */
final class ImageVolumes {
    /** What the kubelet looks for at the beginning of an error, to tell users why the container waits. */
    private static final String REASON = "ImageVolumeMountFailed";

    private ImageVolumes() {}

    /**
     * The config with the id of the image of each image mount, which the status then tells. Images are not pulled here: the
     * kubelet does that first.
     *
     * @throws GantryException NOT_FOUND when an image is not on this node
     */
    static ContainerConfig resolve(ImageService images, ContainerConfig config) {
        if (config.mounts().stream().allMatch(mount -> mount.image() == null)) {
            return config;
        }
        List<ContainerMount> mounts = new ArrayList<>();
        for (ContainerMount mount : config.mounts()) {
            ImageSpec image = mount.image();
            if (image == null) {
                mounts.add(mount);
            } else {
                mounts.add(mount.withImage(image.withImageRef(require(images, image, action(config, mount, image)))));
            }
        }
        return config.withMounts(mounts);
    }

    private static String require(ImageService images, ImageSpec image, String action) {
        try {
            return images.require(image.image(), action).id();
        } catch (GantryException e) {
            throw e.withReason(REASON);
        }
    }

    /**
     * Mounts the images of a container whose root file system is there.
     *
     * @return container path of each image mount to what is bound there
     * @throws GantryException INVALID_ARGUMENT when a sub-path is not a directory of its image
     */
    static Map<String, Path> mount(ContainerParts parts, Container container, PodSandbox sandbox)
            throws InterruptedException {
        Map<String, Path> sources = new HashMap<>();
        Path directory = parts.state().paths().bundle(container.id()).resolve("images");
        for (ContainerMount mount : container.config().mounts()) {
            ImageSpec image = mount.image();
            if (image == null) {
                continue;
            }
            String action = action(container.config(), mount, image);
            Path root;
            try {
                requireHandler(parts, image);
                root = parts.images()
                        .mountImage(
                                container.id(),
                                image.imageRef(),
                                directory.resolve(Integer.toString(sources.size())),
                                PodIds.map(sandbox, parts.namespaces()));
            } catch (GantryException e) {
                throw GantryException.of(e.kind(), action, e.problem())
                        .withReason(REASON)
                        .causedBy(e);
            }
            sources.put(mount.containerPath(), directory(root, mount, action));
        }
        return sources;
    }

    /** One store of images serves all handlers, but one that is not there is not meant to be ignored (api.proto). */
    private static void requireHandler(ContainerParts parts, ImageSpec image) throws InterruptedException {
        if (!image.runtimeHandler().isEmpty()) {
            var unused = parts.runtimes().of(image.runtimeHandler());
        }
    }

    private static Path directory(Path root, ContainerMount mount, String action) {
        if (mount.imageSubPath().isEmpty()) {
            return root;
        }
        try {
            return new SubPath(JnaSyscalls.instance()).resolve(root, mount.imageSubPath());
        } catch (GantryException e) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, e.problem())
                    .withReason(REASON)
                    .causedBy(e);
        }
    }

    private static String action(ContainerConfig config, ContainerMount mount, ImageSpec image) {
        String name = image.userSpecifiedImage().isEmpty() ? image.image() : image.userSpecifiedImage();
        return "mount image " + name + " at " + mount.containerPath() + " of container "
                + config.metadata().name();
    }
}

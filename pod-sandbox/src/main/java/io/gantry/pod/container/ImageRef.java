package io.gantry.pod.container;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.service.Image;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.ImageSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The name of a container's image that its status tells ({@code image_ref}), which the kubelet shows as the image's id in the
 * pod's status. One image can have come from several repositories and have several digests in each; told is the one that the
 * pod means.
 */
final class ImageRef {
    private ImageRef() {}

    /**
     * The digest that the pod names, else the one of its repository that was pulled last, else the image's first; its id where
     * it has none.
     *
     * @param asked the name in the pod's spec counts; without one, the name that the caller gave
     */
    static String of(Image image, ImageSpec asked) {
        List<String> digests = image.repoDigests();
        String name = asked.userSpecifiedImage().isEmpty() ? asked.image() : asked.userSpecifiedImage();
        ImageReference reference = parse(name);
        if (reference != null) {
            Digest digest = reference.digest();
            if (digest != null && digests.contains(reference.repoDigest(digest))) {
                return reference.repoDigest(digest);
            }
            for (String candidate : digests.reversed()) {
                if (candidate.startsWith(reference.name() + "@")) {
                    return candidate;
                }
            }
        }
        return digests.isEmpty() ? image.id() : digests.getFirst();
    }

    private static @Nullable ImageReference parse(String name) {
        try {
            return ImageReference.parse(name);
        } catch (GantryException _) {
            return null; // an id
        }
    }
}

package io.gantry.image.service;

import io.gantry.image.archive.ArchiveImages;
import io.gantry.image.pull.PullImage;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.trust.ImageTrust;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Brings all images of an archive into the store, with the checks of a pull. */
final class ImportImages {
    private final PullImage pullImage;
    private final ImageTrust trust;

    ImportImages(PullImage pullImage, ImageTrust trust) {
        this.pullImage = pullImage;
        this.trust = trust;
    }

    /**
     * @param given a name in place of the archive's, for an archive with a single image; null for those
     * @return the images in the order of the archive; those before one that fails stay
     */
    List<StoredImage> execute(ArchiveImages images, @Nullable ImageReference given) throws InterruptedException {
        List<ArchiveImages.Found> found = images.list();
        if (given != null && found.size() != 1) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    images.action(),
                    "it has " + found.size() + " images, one name does not fit them");
        }
        List<StoredImage> imported = new ArrayList<>();
        for (ArchiveImages.Found image : found) {
            List<ImageReference> names = given == null ? image.names() : List.of(given);
            if (names.isEmpty()) {
                throw GantryException.of(ErrorKind.INVALID_ARGUMENT, images.action(), "it does not name its image")
                        .withRemedy("give a name");
            }
            trust.requireImportable(names, images.action());
            imported.add(pullImage.execute(
                    image.source(),
                    names.getFirst().canonical(),
                    images.action(),
                    resolved -> names(image, names, resolved)));
        }
        return imported;
    }

    /** What docker saved has no manifest that a registry knows, so no digest to be found by. */
    private static PullImage.Names names(ArchiveImages.Found image, List<ImageReference> names, Digest resolved) {
        List<String> tags = names.stream()
                .map(ImageReference::repoTag)
                .filter(Objects::nonNull)
                .toList();
        List<String> digests = !image.hasManifest()
                ? List.of()
                : names.stream()
                        .map(reference -> reference.repoDigest(resolved))
                        .distinct()
                        .toList();
        return new PullImage.Names(tags, digests);
    }
}

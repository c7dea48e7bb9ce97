package io.gantry.image.service;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ArchiveWriter;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.pack.LayerDamagedException;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes stored images into one archive; nothing of them can go meanwhile. */
final class ExportImages {
    private final ImageCatalog catalog;
    private final LayerStore layers;
    private final ArchiveWriter writer;

    ExportImages(ImageCatalog catalog, LayerStore layers, ArchiveWriter writer) {
        this.catalog = catalog;
        this.layers = layers;
        this.writer = writer;
    }

    /** @param wanted names or ids; an image that is named by a tag has that name alone in the archive, else all its tags */
    List<ExportedImage> execute(List<String> wanted, ArchiveFormat format, OutputStream out)
            throws InterruptedException {
        String action = "export images " + String.join(", ", wanted);
        Map<String, StoredImage> images = new LinkedHashMap<>();
        Map<String, Set<String>> names = new LinkedHashMap<>();
        for (String text : wanted) {
            StoredImage image = catalog.find(text)
                    .orElseThrow(() -> GantryException.of(
                                    ErrorKind.NOT_FOUND, action, "image " + text + " is not on this node")
                            .withRemedy("'gantry image list' shows those there are"));
            if (image.record().artifactType() != null) {
                throw GantryException.of(
                        ErrorKind.FAILED_PRECONDITION,
                        action,
                        text + " is an artifact, no image that an archive can hold");
            }
            String id = image.record().id();
            images.put(id, image);
            String tag = tag(image, text);
            Set<String> known = names.computeIfAbsent(id, _ -> new LinkedHashSet<>());
            known.addAll(tag == null ? image.record().repoTags() : List.of(tag));
        }
        Set<Digest> all = new LinkedHashSet<>();
        images.values().forEach(image -> all.addAll(image.diffIds()));
        try (LayerStore.Pin _ = layers.pin(all)) {
            List<ArchiveWriter.Source> sources = new ArrayList<>();
            for (StoredImage image : images.values()) {
                List<Layer> own = new ArrayList<>();
                for (Digest diffId : image.diffIds()) {
                    own.add(layers.find(diffId)
                            .orElseThrow(() -> GantryException.of(
                                            ErrorKind.DATA_LOSS, action, "layer " + diffId + " is gone")
                                    .withRemedy("pull the image again")));
                }
                Set<String> tags = names.getOrDefault(image.record().id(), Set.of());
                sources.add(new ArchiveWriter.Source(image.record(), own, List.copyOf(tags)));
            }
            return writer.write(sources, format, out);
        } catch (LayerDamagedException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, action, String.valueOf(e.getMessage()))
                    .causedBy(e);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    private static @Nullable String tag(StoredImage image, String text) {
        try {
            String tag = ImageReference.parse(text).repoTag();
            return tag != null && image.record().repoTags().contains(tag) ? tag : null;
        } catch (GantryException _) {
            return null;
        }
    }
}

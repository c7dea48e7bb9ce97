package io.gantry.image.verify;

import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.pack.LayerDamagedException;
import io.gantry.image.pack.LayerSeal;
import io.gantry.image.pack.LayerSeals;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads every layer of every image and compares it with its seal; changes nothing but to seal a layer that has no seal.
 * Blocks, so for platform threads.
 */
public final class VerifyStore {
    private final ImageCatalog catalog;
    private final LayerStore layers;
    private final LayerSeals seals;

    public VerifyStore(ImageCatalog catalog, LayerStore layers, LayerSeals seals) {
        this.catalog = catalog;
        this.layers = layers;
        this.seals = seals;
    }

    /** The layers of all images with the images that have them, in the order of the images. */
    public Map<Digest, List<String>> wanted() {
        Map<Digest, Set<String>> wanted = new LinkedHashMap<>();
        for (StoredImage image : catalog.all()) {
            for (Digest diffId : image.diffIds()) {
                wanted.computeIfAbsent(diffId, _ -> new TreeSet<>()).add(name(image));
            }
        }
        Map<Digest, List<String>> lists = new LinkedHashMap<>();
        wanted.forEach((diffId, names) -> lists.put(diffId, List.copyOf(names)));
        return lists;
    }

    private static String name(StoredImage image) {
        List<String> tags = image.record().repoTags();
        List<String> digests = image.record().repoDigests();
        return !tags.isEmpty()
                ? tags.getFirst()
                : !digests.isEmpty() ? digests.getFirst() : image.record().id();
    }

    /**
     * Compares one layer with its seal. It cannot be swept meanwhile.
     *
     * @throws GantryException when it cannot be found out how it is: that is no damage
     */
    public LayerVerdict check(Digest diffId, List<String> images) throws InterruptedException {
        try (LayerStore.Pin _ = layers.pin(List.of(diffId))) {
            Optional<Layer> layer = layers.find(diffId);
            if (layer.isEmpty()) {
                return verdict(diffId, images, LayerVerdict.State.DAMAGED, "it is missing");
            }
            return check(layer.get(), diffId, images);
        }
    }

    private LayerVerdict check(Layer layer, Digest diffId, List<String> images) throws InterruptedException {
        try {
            Optional<LayerSeal> seal = seals.find(layer);
            if (seal.isEmpty()) {
                LayerSeal _ = seals.findOrMake(layer);
                return verdict(
                        diffId, images, LayerVerdict.State.SEALED, "its contents were not sealed yet; they are now");
            }
            LayerSeal now = seals.compute(layer);
            if (now.tarDigest().equals(seal.get().tarDigest())) {
                return verdict(diffId, images, LayerVerdict.State.GOOD, "");
            }
            return verdict(
                    diffId,
                    images,
                    LayerVerdict.State.DAMAGED,
                    "its files are not what they were at " + seal.get().sealedAt());
        } catch (LayerDamagedException e) {
            return verdict(diffId, images, LayerVerdict.State.DAMAGED, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw FileErrors.during("seal layer " + diffId, e);
        }
    }

    private static LayerVerdict verdict(Digest diffId, List<String> images, LayerVerdict.State state, String detail) {
        return new LayerVerdict(diffId.toString(), images, state, detail);
    }
}

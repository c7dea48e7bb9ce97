package io.gantry.image.service;

import io.gantry.image.layer.LayerStore;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.snapshot.SnapshotStore;
import io.gantry.image.verify.LayerVerdict;
import io.gantry.image.verify.VerifyStore;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Checks every layer, and where asked to fetches those again that are damaged. A damaged layer that a container has
 * mounted is left alone: its files cannot be taken from under it.
 */
final class RepairStore {
    /** Pulls one image anew. */
    interface Puller {
        void pull(ImageReference reference) throws InterruptedException;
    }

    private final ImageCatalog catalog;
    private final LayerStore layers;
    private final SnapshotStore snapshots;
    private final VerifyStore verify;
    private final Puller puller;

    RepairStore(ImageCatalog catalog, LayerStore layers, SnapshotStore snapshots, VerifyStore verify, Puller puller) {
        this.catalog = catalog;
        this.layers = layers;
        this.snapshots = snapshots;
        this.verify = verify;
        this.puller = puller;
    }

    /** @param report hears of each layer when it is done with */
    List<LayerVerdict> execute(boolean repair, Consumer<LayerVerdict> report) throws InterruptedException {
        List<LayerVerdict> verdicts = new ArrayList<>();
        for (Map.Entry<Digest, List<String>> wanted : verify.wanted().entrySet()) {
            LayerVerdict verdict = verify.check(wanted.getKey(), wanted.getValue());
            if (repair && !verdict.isUsable()) {
                verdict = repair(wanted.getKey(), verdict);
            }
            verdicts.add(verdict);
            report.accept(verdict);
        }
        return verdicts;
    }

    private LayerVerdict repair(Digest diffId, LayerVerdict damaged) throws InterruptedException {
        if (!layers.withdraw(diffId, snapshots::layers)) {
            return with(
                    damaged,
                    LayerVerdict.State.DAMAGED,
                    damaged.detail() + "; containers or a pull use it: remove them and repair again");
        }
        String problem = "none of its images has a name to be pulled by";
        for (StoredImage image : owners(diffId)) {
            for (ImageReference name : names(image)) {
                try {
                    puller.pull(name);
                } catch (GantryException e) {
                    problem = String.valueOf(e.getMessage());
                }
                if (layers.find(diffId).isPresent()) {
                    return with(damaged, LayerVerdict.State.REPAIRED, damaged.detail());
                }
            }
        }
        for (StoredImage image : owners(diffId)) {
            catalog.remove(image.record().id());
        }
        return with(damaged, LayerVerdict.State.LOST, damaged.detail() + "; " + problem);
    }

    private List<StoredImage> owners(Digest diffId) {
        return catalog.all().stream()
                .filter(image -> image.diffIds().contains(diffId))
                .toList();
    }

    /** By digest first: that is the image as it was; a tag may have moved. */
    private static List<ImageReference> names(StoredImage image) {
        List<ImageReference> names = new ArrayList<>();
        image.record().repoDigests().forEach(name -> names.add(ImageReference.parse(name)));
        image.record().repoTags().forEach(name -> names.add(ImageReference.parse(name)));
        return names;
    }

    private static LayerVerdict with(LayerVerdict verdict, LayerVerdict.State state, String detail) {
        return new LayerVerdict(verdict.diffId(), verdict.images(), state, detail);
    }
}

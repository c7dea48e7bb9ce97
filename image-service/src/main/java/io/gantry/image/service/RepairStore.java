package io.gantry.image.service;

import io.gantry.image.layer.LayerStore;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.snapshot.SnapshotStore;
import io.gantry.image.verify.LayerVerdict;
import io.gantry.image.verify.VerifyStore;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Checks every layer, and where asked to fetches those again that are damaged: by digest, and the damaged one stays until the
 * new one is complete. A damaged layer that a container has mounted is left alone: its files cannot be taken from under it.
 * Only what the registries say there is no more is given up, with its images.
 */
final class RepairStore {
    private final ImageCatalog catalog;
    private final LayerStore layers;
    private final SnapshotStore snapshots;
    private final VerifyStore verify;
    private final RefetchLayer refetch;

    RepairStore(
            ImageCatalog catalog,
            LayerStore layers,
            SnapshotStore snapshots,
            VerifyStore verify,
            RefetchLayer refetch) {
        this.catalog = catalog;
        this.layers = layers;
        this.snapshots = snapshots;
        this.verify = verify;
        this.refetch = refetch;
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
        if (!layers.isFree(diffId, snapshots::layers)) {
            return inUse(damaged);
        }
        // Whatever is not certain leaves things as they are: a network that is down today must not cost an image.
        List<GantryException> failures = new ArrayList<>();
        for (StoredImage image : owners(diffId)) {
            for (String name : image.record().repoDigests()) {
                try {
                    return refetch.execute(image, diffId, ImageReference.parse(name))
                            ? with(damaged, LayerVerdict.State.REPAIRED, damaged.detail())
                            : inUse(damaged);
                } catch (GantryException e) {
                    failures.add(e);
                }
            }
        }
        if (failures.isEmpty()) {
            return with(
                    damaged,
                    LayerVerdict.State.DAMAGED,
                    damaged.detail() + "; its images have no digest of a registry: remove them and import them again");
        }
        String detail = damaged.detail() + "; " + failures.getLast().getMessage();
        if (!failures.stream().allMatch(e -> e.kind() == ErrorKind.NOT_FOUND)) {
            return with(damaged, LayerVerdict.State.DAMAGED, detail);
        }
        for (StoredImage image : owners(diffId)) {
            catalog.remove(image.record().id());
        }
        boolean _ = layers.withdraw(diffId, snapshots::layers);
        return with(damaged, LayerVerdict.State.LOST, detail);
    }

    private static LayerVerdict inUse(LayerVerdict damaged) {
        return with(
                damaged,
                LayerVerdict.State.DAMAGED,
                damaged.detail() + "; containers or a pull use it: remove them and repair again");
    }

    private List<StoredImage> owners(Digest diffId) {
        return catalog.all().stream()
                .filter(image -> image.diffIds().contains(diffId))
                .toList();
    }

    private static LayerVerdict with(LayerVerdict verdict, LayerVerdict.State state, String detail) {
        return new LayerVerdict(verdict.diffId(), verdict.images(), state, detail);
    }
}

package io.gantry.image.pull;

import io.gantry.image.budget.TransferBudget;
import io.gantry.image.budget.TransferMemory;
import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.extract.LayerContents;
import io.gantry.image.extract.TarExtractor;
import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStaging;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.concurrent.SingleFlight;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Brings layers into the store, each once, whichever pulls want it, within a budget over all pulls. A pull that waits
 * for another one's transfer of the same layer does not share its failure: it tries by its own source and credentials.
 */
public final class LayerFetcher {
    private record Flight(Digest diffId, Digest blob) {}

    private final LayerStore store;
    private final TarExtractor extractor;
    private final ExtractionLimits limits;
    private final TransferBudget budget;
    private final LayerTransfer.Buffers buffers = LayerTransfer.Buffers.create();
    private final SingleFlight<Flight, Layer> flights = new SingleFlight<>();

    /** @param budget what all transfers may use together */
    public LayerFetcher(LayerStore store, TarExtractor extractor, ExtractionLimits limits, TransferBudget budget) {
        this.store = store;
        this.extractor = extractor;
        this.limits = limits;
        this.budget = budget;
    }

    /** What all transfers may use, and use. */
    public TransferBudget budget() {
        return budget;
    }

    /**
     * The layer of a diffID, fetched when it is not there. The caller has pinned it.
     *
     * @param image the image's name, for errors
     */
    Layer fetch(ImageSource source, Descriptor blob, Digest diffId, String image) throws InterruptedException {
        String action = "pull layer " + blob.digest() + " of " + image;
        while (true) {
            Optional<Layer> stored = store.find(diffId);
            if (stored.isPresent()) {
                return stored.get();
            }
            AtomicBoolean mine = new AtomicBoolean();
            try {
                return flights.join(new Flight(diffId, blob.digest()), action, () -> {
                    mine.set(true);
                    return transfer(source, blob, diffId, image, action);
                });
            } catch (GantryException e) {
                if (mine.get()) {
                    throw e;
                }
            }
        }
    }

    /**
     * Fetches a layer that is stored and damaged once more, and puts it in the old one's place when it is complete. The
     * damaged one stays when this fails.
     *
     * @param image the image's name, for errors
     * @param mounted layers of snapshots
     * @return false when the damaged one stays because it is mounted or somebody is about to need it
     */
    public boolean replace(
            ImageSource source, Descriptor blob, Digest diffId, String image, LayerStore.NeededLayers mounted)
            throws InterruptedException {
        String action = "pull layer " + blob.digest() + " of " + image;
        try (TransferMemory memory = budget.enter(image, LayerTransfer.MEMORY);
                InputStream stream = source.openBlob(blob, memory);
                LayerStaging staging = store.stage(diffId)) {
            LayerContents contents =
                    LayerTransfer.run(stream, extractor, limits, diffId, staging.root(), buffers, memory, action);
            return staging.replace(contents, mounted);
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.UNAVAILABLE, action, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    private Layer transfer(ImageSource source, Descriptor blob, Digest diffId, String image, String action)
            throws InterruptedException {
        try (TransferMemory memory = budget.enter(image, LayerTransfer.MEMORY)) {
            Optional<Layer> stored = store.find(diffId);
            if (stored.isPresent()) {
                return stored.get();
            }
            InputStream stream = source.openBlob(blob, memory);
            try (LayerStaging staging = store.stage(diffId)) {
                LayerContents contents =
                        LayerTransfer.run(stream, extractor, limits, diffId, staging.root(), buffers, memory, action);
                return staging.commit(contents);
            } finally {
                closeQuietly(stream);
            }
        }
    }

    private static void closeQuietly(InputStream stream) {
        try {
            stream.close();
        } catch (IOException _) {
            // nothing more is wanted from it
        }
    }
}

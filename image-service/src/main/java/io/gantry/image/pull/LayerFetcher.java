package io.gantry.image.pull;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.extract.LayerContents;
import io.gantry.image.extract.TarExtractor;
import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStaging;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.concurrent.SingleFlight;
import io.gantry.platform.error.GantryException;
import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Brings layers into the store, each once, whichever pulls want it, and only so many at the same time. A pull that waits
 * for another one's transfer of the same layer does not share its failure: it tries by its own source and credentials.
 */
public final class LayerFetcher {
    private record Flight(Digest diffId, Digest blob) {}

    private final LayerStore store;
    private final TarExtractor extractor;
    private final ExtractionLimits limits;
    private final Semaphore transfers;
    private final LayerTransfer.Buffers buffers = LayerTransfer.Buffers.create();
    private final SingleFlight<Flight, Layer> flights = new SingleFlight<>();

    /** @param maxTransfers layers under way at once, over all pulls */
    public LayerFetcher(LayerStore store, TarExtractor extractor, ExtractionLimits limits, int maxTransfers) {
        this.store = store;
        this.extractor = extractor;
        this.limits = limits;
        this.transfers = new Semaphore(maxTransfers, true);
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
                    return transfer(source, blob, diffId, action);
                });
            } catch (GantryException e) {
                if (mine.get()) {
                    throw e;
                }
            }
        }
    }

    private Layer transfer(ImageSource source, Descriptor blob, Digest diffId, String action)
            throws InterruptedException {
        transfers.acquire();
        try {
            Optional<Layer> stored = store.find(diffId);
            if (stored.isPresent()) {
                return stored.get();
            }
            InputStream stream = source.openBlob(blob);
            try (LayerStaging staging = store.stage(diffId)) {
                LayerContents contents =
                        LayerTransfer.run(stream, extractor, limits, diffId, staging.root(), buffers, action);
                return staging.commit(contents);
            } finally {
                closeQuietly(stream);
            }
        } finally {
            transfers.release();
        }
    }

    private static void closeQuietly(InputStream stream) {
        try {
            stream.close();
        } catch (java.io.IOException _) {
            // nothing more is wanted from it
        }
    }
}

package io.gantry.image.service;

import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.pack.LayerSeals;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.reference.Digest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A background thread that seals new layers when no pull is under way. */
final class SealLayers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SealLayers.class);
    private static final Duration REST = Duration.ofSeconds(20);

    private final ImageCatalog catalog;
    private final LayerStore layers;
    private final LayerSeals seals;
    private final BooleanSupplier busy;
    private final Duration rest;
    private final Semaphore news = new Semaphore(1);
    private final Thread thread =
            Thread.ofPlatform().name("gantry-image-sealer").daemon(true).unstarted(this::run);

    /** @param busy whether there is something to wait for */
    SealLayers(ImageCatalog catalog, LayerStore layers, LayerSeals seals, BooleanSupplier busy) {
        this.catalog = catalog;
        this.layers = layers;
        this.seals = seals;
        this.busy = busy;
        this.rest = REST;
    }

    void start() {
        thread.setPriority(Thread.MIN_PRIORITY);
        thread.start();
    }

    /** There may be new layers. */
    void wake() {
        news.release();
    }

    private void run() {
        try {
            while (true) {
                news.acquire();
                news.drainPermits();
                do {
                    Thread.sleep(rest);
                } while (busy.getAsBoolean());
                Set<Digest> wanted = catalog.layers();
                for (Digest diffId : wanted) {
                    seal(diffId);
                }
            }
        } catch (InterruptedException _) {
            // closed
        }
    }

    private void seal(Digest diffId) throws InterruptedException {
        try (LayerStore.Pin _ = layers.pin(List.of(diffId))) {
            Optional<Layer> layer = layers.find(diffId);
            if (layer.isPresent() && seals.find(layer.get()).isEmpty()) {
                var unused = seals.findOrMake(layer.get());
            }
        } catch (IOException | RuntimeException e) {
            log.warn("layer cannot be sealed: diff_id={} error=\"{}\"", diffId, e.toString());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package io.gantry.image.pull;

import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.pull.ChooseManifest.Choice;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.record.ImageRecord;
import io.gantry.image.record.ImageRecord.ImageLayer;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.reference.Platform;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.concurrent.TaskScope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Brings one image to this node. An image becomes visible as the last step, when all its layers are complete and on disk;
 * layers that were finished before a failure stay for the next try.
 */
public final class PullImage {
    private final LayerStore layers;
    private final LayerFetcher fetcher;
    private final ImageCatalog catalog;
    private final Platform platform;

    public PullImage(LayerStore layers, LayerFetcher fetcher, ImageCatalog catalog, Platform platform) {
        this.layers = layers;
        this.fetcher = fetcher;
        this.catalog = catalog;
        this.platform = platform;
    }

    /**
     * Runs the steps of a pull.
     *
     * @param reference names that the image gets: a pull by tag gives it the tag and the digest, one by digest (with or
     *     without a tag) the digest alone
     */
    public StoredImage execute(ImageSource source, ImageReference reference) throws InterruptedException {
        String action = "pull image " + reference.canonical();
        return execute(source, reference.canonical(), action, resolved -> Names.ofPull(reference, resolved));
    }

    /** What an image is to be called. */
    public record Names(List<String> repoTags, List<String> repoDigests) {
        static Names ofPull(ImageReference reference, Digest resolved) {
            String tag = reference.digest() == null ? reference.repoTag() : null;
            return new Names(tag == null ? List.of() : List.of(tag), List.of(reference.repoDigest(resolved)));
        }
    }

    /**
     * The same for any source.
     *
     * @param image its name, for errors
     * @param action for errors: {@code "import image docker.io/library/busybox:1"}
     * @param names gives the names when it is known what the source's name means
     */
    public StoredImage execute(ImageSource source, String image, String action, Function<Digest, Names> names)
            throws InterruptedException {
        Choice choice = new ChooseManifest(source, platform, image, action).choose();
        try (LayerStore.Pin _ = layers.pin(choice.config().diffIds())) {
            Map<Digest, Layer> fetched = fetchLayers(source, choice, image, action);
            layers.sync(fetched.keySet());
            return catalog.add(record(choice, fetched, names.apply(choice.resolved())));
        }
    }

    private Map<Digest, Layer> fetchLayers(ImageSource source, Choice choice, String image, String action)
            throws InterruptedException {
        Map<Digest, Descriptor> wanted = new LinkedHashMap<>();
        for (int i = 0; i < choice.config().diffIds().size(); i++) {
            wanted.putIfAbsent(
                    choice.config().diffIds().get(i), choice.manifest().layers().get(i));
        }
        Map<Digest, TaskScope.Task<Layer>> tasks = new LinkedHashMap<>();
        try (TaskScope scope = new TaskScope(action)) {
            wanted.forEach((diffId, blob) -> tasks.put(
                    diffId, scope.fork("layer " + blob.digest(), () -> fetcher.fetch(source, blob, diffId, image))));
            scope.join();
        }
        Map<Digest, Layer> fetched = new LinkedHashMap<>();
        tasks.forEach((diffId, task) -> fetched.put(diffId, task.get()));
        return fetched;
    }

    private static ImageRecord record(Choice choice, Map<Digest, Layer> fetched, Names names) {
        List<ImageLayer> imageLayers = new ArrayList<>();
        for (int i = 0; i < choice.config().diffIds().size(); i++) {
            Descriptor blob = choice.manifest().layers().get(i);
            imageLayers.add(new ImageLayer(
                    choice.config().diffIds().get(i).toString(),
                    blob.digest().toString(),
                    blob.size(),
                    blob.mediaType()));
        }
        long size = choice.manifestBytes() + choice.manifest().config().size();
        for (Layer layer : fetched.values()) {
            size += layer.record().bytes();
        }
        return new ImageRecord(
                choice.manifest().config().digest().toString(),
                names.repoTags(),
                names.repoDigests(),
                choice.manifestDigest().toString(),
                choice.configText(),
                imageLayers,
                size,
                choice.manifest().annotations(),
                Instant.now());
    }
}

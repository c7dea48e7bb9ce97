package io.gantry.image.service;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ArchiveImages;
import io.gantry.image.archive.ArchiveWriter;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.artifact.PullArtifact;
import io.gantry.image.budget.TransferBudget;
import io.gantry.image.credential.DockerConfigFile;
import io.gantry.image.docker.DockerEngine;
import io.gantry.image.extract.TarExtractor;
import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.pack.LayerSeals;
import io.gantry.image.progress.PullProgress;
import io.gantry.image.progress.SharedProgress;
import io.gantry.image.progress.WatchedSource;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.pull.LayerFetcher;
import io.gantry.image.pull.PullImage;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.reference.Platform;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.snapshot.IdMap;
import io.gantry.image.snapshot.SnapshotMeter;
import io.gantry.image.snapshot.SnapshotRecord;
import io.gantry.image.snapshot.SnapshotRequest;
import io.gantry.image.snapshot.SnapshotStore;
import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.image.tree.TreeUsage;
import io.gantry.image.trust.ImageTrust;
import io.gantry.image.trust.TrustedSource;
import io.gantry.image.verify.LayerVerdict;
import io.gantry.image.verify.VerifyStore;
import io.gantry.platform.concurrent.SingleFlight;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.SpawnProcessRunner;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images of this node, and root file systems made of them. Lists and look-ups answer from memory; pulls of the same image
 * with the same credentials are one. Safe for use by many threads; blocking methods are made for virtual threads.
 */
public final class ImageService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ImageService.class);

    /** Pulls that may share one: same name, same platform, and what was shown to the registry is the same. */
    private record PullKey(String reference, @Nullable RegistryCredentials credentials, Platform platform) {}

    private final ImageServiceConfig config;
    private final StorePlaces places;
    private final PinnedImages pinned;
    private final ImageSources sources;
    private final ImageCatalog catalog;
    private final LayerStore layers;
    private final SnapshotStore snapshots;
    private final SnapshotMeter meter;
    private final PullImage pullImage;
    private final SingleFlight<PullKey, StoredImage> pulls = new SingleFlight<>();
    private final SharedProgress<PullKey> progress = new SharedProgress<>();
    private final PullArtifact pullArtifact;
    private final ImportImages importImages;
    private final ExportImages exportImages;
    private final RepairStore repairStore;
    private final ImageTrust trust;
    private final @Nullable DockerConfigFile dockerConfig;
    private final @Nullable SealLayers sealer;
    private final LayerFetcher fetcher;
    private final Janitor janitor;

    private ImageService(
            ImageServiceConfig config,
            ImagePolicies policies,
            Syscalls syscalls,
            ImageSources sources,
            ImageCatalog catalog,
            LayerStore layers,
            SnapshotStore snapshots,
            LayerFetcher fetcher,
            ImageTrust trust) {
        this.config = config;
        this.places = new StorePlaces(config.root());
        this.pinned = new PinnedImages(config.pinned());
        this.sources = sources;
        this.catalog = catalog;
        this.layers = layers;
        this.snapshots = snapshots;
        this.meter = new SnapshotMeter(snapshots, config.usagePause());
        this.fetcher = fetcher;
        this.pullImage = new PullImage(layers, fetcher, catalog, config.platform());
        this.pullArtifact = new PullArtifact(
                syscalls,
                layers,
                catalog,
                config.platform(),
                fetcher.budget(),
                config.limits().maxBytes());
        this.trust = trust;
        this.importImages = new ImportImages(pullImage, trust);
        LayerSeals seals = new LayerSeals(syscalls);
        this.exportImages = new ExportImages(catalog, layers, new ArchiveWriter(syscalls, seals));
        this.dockerConfig = policies.dockerConfig() == null
                ? null
                : new DockerConfigFile(policies.dockerConfig(), SpawnProcessRunner.shared());
        this.repairStore = new RepairStore(
                catalog,
                layers,
                snapshots,
                new VerifyStore(catalog, layers, seals),
                new RefetchLayer(
                        sources, reference -> credentials(null, reference), fetcher, pullArtifact, snapshots::layers));
        this.sealer = policies.sealLayers() ? new SealLayers(catalog, layers, seals, () -> pulls.size() > 0) : null;
        this.janitor = new Janitor(
                this::deleteLeftovers,
                () -> {
                    int _ = collectGarbage(config.orphanGrace());
                },
                Janitor.pauseFor(config.orphanGrace()));
    }

    /**
     * Reads what is on disk and is ready; what earlier processes left half done is deleted in the background. An image
     * with a missing layer is forgotten, since it could not run.
     *
     * @throws GantryException when the directories cannot be made or read
     */
    public static ImageService open(ImageServiceConfig config, Syscalls syscalls, Mounts mounts) {
        return open(config, ImagePolicies.NONE, syscalls, mounts);
    }

    /**
     * The same with rules for what may come in and run.
     *
     * @throws GantryException as above, or FAILED_PRECONDITION when the trust policy cannot be used
     */
    public static ImageService open(
            ImageServiceConfig config, ImagePolicies policies, Syscalls syscalls, Mounts mounts) {
        return open(config, policies, syscalls, mounts, ImageSources.registries(config));
    }

    static ImageService open(ImageServiceConfig config, Syscalls syscalls, Mounts mounts, ImageSources sources) {
        return open(config, ImagePolicies.NONE, syscalls, mounts, sources);
    }

    static ImageService open(
            ImageServiceConfig config, ImagePolicies policies, Syscalls syscalls, Mounts mounts, ImageSources sources) {
        ProcessFacts facts = ProcessFacts.read();
        Path root = config.root();
        StorePlaces places = new StorePlaces(root);
        ImageCatalog catalog = ImageCatalog.open(root.resolve("images"));
        LayerStore layers = LayerStore.open(places.layers(), syscalls, facts.bootId(), catalog.layers());
        for (StoredImage image : catalog.all()) {
            if (image.diffIds().stream().anyMatch(diffId -> layers.find(diffId).isEmpty())) {
                log.warn(
                        "image forgotten: id={} problem=\"a layer of it is missing\"",
                        image.record().id());
                catalog.remove(image.record().id());
            }
        }
        SnapshotStore snapshots = SnapshotStore.open(places.snapshots(), syscalls, mounts, config.volatileSnapshots());
        LayerFetcher fetcher = new LayerFetcher(
                layers,
                new TarExtractor(syscalls, config.limits(), facts.umask()),
                config.limits(),
                new TransferBudget(config.maxTransfers(), config.pullMemory()));
        ImageTrust trust = ImageTrust.open(
                policies.trust(),
                root.resolve("trust"),
                SpawnProcessRunner.shared(),
                name -> catalog.find(name).isPresent());
        ImageService service =
                new ImageService(config, policies, syscalls, sources, catalog, layers, snapshots, fetcher, trust);
        service.janitor.start();
        service.meter.start();
        if (service.sealer != null) {
            service.sealer.start();
        }
        return service;
    }

    private void deleteLeftovers() {
        snapshots.deleteLeftovers();
        try {
            for (SnapshotRecord image : snapshots.abandoned()) {
                removeImageMount(image);
            }
        } catch (InterruptedException _) {
            return;
        }
        Set<Path> inUse = new HashSet<>();
        for (Digest diffId : snapshots.layers()) {
            layers.find(diffId).ifPresent(layer -> inUse.add(layer.files()));
        }
        layers.deleteLeftovers(inUse);
        layers.sweep(this::neededLayers, Set.of(), config.orphanGrace());
    }

    private Set<Digest> neededLayers() {
        Set<Digest> needed = new HashSet<>(catalog.layers());
        needed.addAll(snapshots.layers());
        return needed;
    }

    /**
     * Pulls an image, or joins a pull of it that is under way. The registry is asked each time, so a tag that moved is
     * noticed; layers that are here are not fetched again.
     *
     * @throws GantryException NOT_FOUND, UNAUTHENTICATED, UNAVAILABLE, DATA_LOSS …; nothing is listed then that was not
     *     before, and finished layers stay for the next try
     * @throws InterruptedException when interrupted; the pull goes on for others who wait for it, or has ended
     */
    public PullResult pull(PullRequest request) throws InterruptedException {
        return pull(request, _ -> {});
    }

    /**
     * The same for callers who want to know how far it is.
     *
     * @param watcher is given what can be looked at from another thread, before the pull begins
     */
    public PullResult pull(PullRequest request, Consumer<PullProgress> watcher) throws InterruptedException {
        ImageReference reference = ImageReference.parse(request.reference());
        RegistryCredentials credentials = credentials(request.credentials(), reference);
        PullKey key = new PullKey(reference.canonical(), credentials, config.platform());
        PullProgress watched = progress.join(key);
        try {
            watcher.accept(watched);
            StoredImage stored = pulls.join(
                    key, "pull image " + reference.canonical(), () -> bring(reference, credentials, watched));
            return new PullResult(stored.record().id(), Image.of(stored, pinned));
        } finally {
            progress.leave(key);
        }
    }

    private StoredImage bring(ImageReference reference, @Nullable RegistryCredentials credentials, PullProgress watched)
            throws InterruptedException {
        try (TrustedSource trusted = new TrustedSource(
                sources.open(reference, credentials), trust, reference, sources.signatures(reference, credentials))) {
            ImageSource source = new WatchedSource(trusted, watched);
            ImageSource.Document top = source.resolve();
            StoredImage stored = PullArtifact.isArtifact(top)
                    ? pullArtifact.execute(source, top, reference)
                    : pullImage.execute(source, reference);
            watched.finish();
            if (sealer != null) {
                sealer.wake();
            }
            return stored;
        }
    }

    private @Nullable RegistryCredentials credentials(@Nullable RegistryCredentials given, ImageReference reference)
            throws InterruptedException {
        return given != null || dockerConfig == null
                ? given
                : dockerConfig.find(reference).orElse(null);
    }

    /**
     * Imports all images of an OCI image layout (directory or archive) or of an archive of {@code docker save}, plain or
     * compressed, with the names that the archive gives them. Digests are checked as in a pull.
     *
     * @param name for an archive with a single image, in place of the archive's names; null for those
     * @return the images in the order of the archive
     * @throws GantryException NOT_FOUND, DATA_LOSS, INVALID_ARGUMENT when an image has no name; images before the one that
     *     failed stay
     */
    public List<Image> importArchive(Path archive, @Nullable String name) throws InterruptedException {
        ImageReference given = name == null ? null : ImageReference.parse(name);
        try (ArchiveImages images =
                ArchiveImages.open(archive, config.root(), config.limits().maxBytes())) {
            return imported(importImages.execute(images, given));
        }
    }

    /**
     * The same from a stream, which is read to its end and stays open. It takes disk space under the root meanwhile.
     *
     * @param origin where it comes from, for errors: {@code "standard input"}
     */
    public List<Image> importArchive(InputStream archive, String origin, @Nullable String name)
            throws InterruptedException {
        ImageReference given = name == null ? null : ImageReference.parse(name);
        try (ArchiveImages images = ArchiveImages.receive(
                archive, origin, config.root(), config.limits().maxBytes())) {
            return imported(importImages.execute(images, given));
        }
    }

    /**
     * Copies images of a Docker engine on this host, which keeps them.
     *
     * @param socket where the engine listens
     * @param names those wanted; empty for all that have a name
     * @throws GantryException UNAVAILABLE when there is no engine, NOT_FOUND when it has no such image
     */
    public List<Image> loadFromDocker(Path socket, List<String> names) throws InterruptedException {
        DockerEngine engine = new DockerEngine(socket);
        List<Image> loaded = new ArrayList<>();
        // One after the other: what the engine sends for one image takes disk space twice meanwhile.
        for (String name : names.isEmpty() ? engine.names() : names) {
            try (InputStream archive = engine.save(List.of(name))) {
                loaded.addAll(importArchive(archive, "the Docker engine at " + socket, null));
            } catch (IOException e) {
                throw GantryException.of(ErrorKind.UNAVAILABLE, engine.action(), e.toString())
                        .causedBy(e);
            }
        }
        return loaded;
    }

    private List<Image> imported(List<StoredImage> images) {
        if (sealer != null) {
            sealer.wake();
        }
        return images.stream().map(image -> Image.of(image, pinned)).toList();
    }

    /**
     * Writes images into one archive; blocks, so on a platform thread. The same images give the same bytes.
     *
     * @param images names or ids
     * @param out stays open
     * @return what is in the archive; {@link ExportedImage} says which ids are new and why
     * @throws GantryException NOT_FOUND, FAILED_PRECONDITION for an artifact, DATA_LOSS when a layer is damaged,
     *     RESOURCE_EXHAUSTED and the like when it cannot be written; what was written until then is no archive
     */
    public List<ExportedImage> exportArchive(List<String> images, ArchiveFormat format, OutputStream out)
            throws InterruptedException {
        return exportImages.execute(images, format, out);
    }

    /**
     * Reads all layers of all images and compares them with what they were; blocks, so on a platform thread.
     *
     * @param repair whether damaged layers are fetched again, by digest; what cannot be fetched now stays as it is
     * @param report hears of each layer when it is done with
     * @throws GantryException when it cannot be found out how a layer is
     */
    public List<LayerVerdict> verify(boolean repair, Consumer<LayerVerdict> report) throws InterruptedException {
        return repairStore.execute(repair, report);
    }

    /**
     * All images, or the one that a filter names.
     *
     * @param filter as {@link #find}; null or empty for all
     */
    public List<Image> list(@Nullable String filter) {
        if (filter != null && !filter.isEmpty()) {
            return find(filter).stream().toList();
        }
        return catalog.all().stream().map(image -> Image.of(image, pinned)).toList();
    }

    /**
     * The image of an id, a name (short or full, with tag or digest) or the beginning of an id, in this order.
     *
     * @throws GantryException INVALID_ARGUMENT when several ids begin so
     */
    public Optional<Image> find(String refOrIdOrPrefix) {
        return catalog.find(refOrIdOrPrefix).map(image -> Image.of(image, pinned));
    }

    /**
     * {@link #find}, or an error.
     *
     * @param action what needs the image: {@code "create container web"}
     * @throws GantryException NOT_FOUND
     */
    public Image require(String ref, String action) {
        return find(ref).orElseThrow(() -> missing(ref, action));
    }

    private static GantryException missing(String ref, String action) {
        return GantryException.of(ErrorKind.NOT_FOUND, action, "image " + ref + " is not on this node")
                .withRemedy("pull it first");
    }

    /**
     * Removes an image under all its names, and the layers that only it had; one that is not there is no error. Layers of
     * mounted root file systems stay until those go.
     */
    public void remove(String refOrId) {
        Optional<StoredImage> stored = catalog.find(refOrId);
        if (stored.isEmpty()) {
            return;
        }
        catalog.remove(stored.get().record().id());
        stored.get().record().repoDigests().forEach(trust::forget);
        layers.sweep(this::neededLayers, Set.copyOf(stored.get().diffIds()), config.orphanGrace());
    }

    /** Disk space of all layers, each counted once, from their records: what was counted while each was unpacked. */
    public FsUsage imageFsUsage() {
        TreeUsage usage = layers.usage();
        return new FsUsage(places.ofImages(), usage.bytes(), usage.inodes(), Instant.now());
    }

    /** Disk space of the writable directories of all containers, as of the last walk. */
    public FsUsage containerFsUsage() {
        SnapshotUsage total = meter.total();
        return new FsUsage(places.ofContainers(), total.bytes(), total.inodes(), total.measuredAt());
    }

    /** What pulls take of their memory budget. */
    public PullMemory pullMemory() {
        return PullMemory.of(fetcher.budget());
    }

    /**
     * Makes a root file system and mounts it.
     *
     * @param snapshotKey 1 to 128 letters, digits, {@code _ . -}
     * @param imageId as {@link #find}
     * @param mountPoint made when missing
     * @throws GantryException NOT_FOUND when there is no such image, ALREADY_EXISTS when the key is taken; nothing is left
     */
    public RootFilesystem prepareRootfs(String snapshotKey, String imageId, Path mountPoint, RootfsOptions options)
            throws InterruptedException {
        String action = "prepare root file system " + snapshotKey;
        Optional<StoredImage> stored = catalog.find(imageId);
        if (stored.isPresent() && stored.get().record().artifactType() != null) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            action,
                            imageId + " is an artifact of type "
                                    + stored.get().record().artifactType() + ", not an image that can run")
                    .withRemedy("use it as the image of a volume");
        }
        Image image = prepare(snapshotKey, imageId, mountPoint, options, null);
        return new RootFilesystem(snapshotKey, mountPoint, image);
    }

    private Image prepare(
            String snapshotKey, String imageId, Path mountPoint, RootfsOptions options, @Nullable String owner)
            throws InterruptedException {
        String action = "prepare root file system " + snapshotKey;
        StoredImage stored = catalog.find(imageId).orElseThrow(() -> missing(imageId, action));
        trust.requireRunnable(stored.record(), action);
        try (LayerStore.Pin _ = layers.pin(stored.diffIds())) {
            List<Layer> topFirst = new ArrayList<>();
            for (Digest diffId : stored.diffIds().reversed()) {
                topFirst.add(layers.find(diffId).orElseThrow(() -> missing(imageId, action)));
            }
            snapshots.prepare(new SnapshotRequest(
                    snapshotKey,
                    stored.record().id(),
                    distinct(topFirst),
                    mountPoint,
                    options.readOnly(),
                    options.idMap(),
                    owner));
        }
        return Image.of(stored, pinned);
    }

    /** A layer that an image has twice counts where it is topmost: overlayfs refuses to stack it twice. */
    private static List<Layer> distinct(List<Layer> topFirst) {
        return topFirst.stream().distinct().collect(Collectors.toList());
    }

    /**
     * Mounts an image read-only, for image volumes of a container. There is one mount of an image for each owner, however
     * often this is called; {@link #removeRootfs} of the owner takes it away too. Its layers stay while it is there.
     *
     * @param ownerKey key of the container's root file system
     * @param imageId as {@link #find}
     * @param target where to mount it when it is not mounted yet; made when missing
     * @param idMap the user namespace whose ids the files show, or null for the host's
     * @return where it is mounted
     * @throws GantryException NOT_FOUND when there is no such image or no such owner; nothing is left
     */
    public Path mountImage(String ownerKey, String imageId, Path target, @Nullable IdMap idMap)
            throws InterruptedException {
        String action = "mount image " + imageId + " for " + ownerKey;
        if (snapshots.find(ownerKey).isEmpty()) {
            throw GantryException.of(ErrorKind.NOT_FOUND, action, "there is no root file system of that key");
        }
        Image image = require(imageId, action);
        String key = ownerKey + ".image-" + Digest.parse(image.id()).hex().substring(0, 32);
        Optional<SnapshotRecord> there = snapshots.find(key);
        Path mounted = there.isPresent() ? there.get().mountPoint() : null;
        if (mounted != null) {
            return mounted;
        }
        Image _ = prepare(key, image.id(), target, new RootfsOptions(true, idMap), ownerKey);
        return target;
    }

    /** Mounts the root file system of a key again after a reboot; one that is mounted stays as it is. */
    public void remountRootfs(String snapshotKey, Path mountPoint) throws InterruptedException {
        snapshots.remount(snapshotKey, mountPoint, layers::find);
    }

    /**
     * Unmounts and deletes a root file system and the images that {@link #mountImage} mounted for it; what is gone already
     * is no error. The mount points' directories stay.
     */
    public void removeRootfs(String snapshotKey, Path mountPoint) throws InterruptedException {
        for (SnapshotRecord image : snapshots.ownedBy(snapshotKey)) {
            removeImageMount(image);
        }
        Optional<SnapshotRecord> removed = snapshots.remove(snapshotKey, mountPoint);
        if (removed.isPresent()) {
            release(removed.get());
        }
    }

    private void removeImageMount(SnapshotRecord image) throws InterruptedException {
        Path mountPoint = image.mountPoint();
        if (mountPoint != null) {
            Optional<SnapshotRecord> _ = snapshots.remove(image.key(), mountPoint);
            release(image);
        }
    }

    /** The layers that only this one still needed, because its image was removed, go. */
    private void release(SnapshotRecord removed) {
        if (catalog.find(removed.imageId()).isEmpty()) {
            Set<Digest> released = removed.layers().stream().map(Digest::parse).collect(Collectors.toSet());
            layers.sweep(this::neededLayers, released, config.orphanGrace());
        }
    }

    /**
     * Writes what a container has changed in its root file system, which must not change meanwhile.
     *
     * @param skipped says of an absolute path whether it is left out with all below it
     * @param out gets a tar stream, and stays open
     * @return absolute paths of what was deleted
     * @throws GantryException NOT_FOUND when there is no such root file system; RESOURCE_EXHAUSTED when {@code out} is full
     */
    public List<String> writeChanges(String snapshotKey, Path mountPoint, Predicate<String> skipped, OutputStream out)
            throws InterruptedException {
        return snapshots.writeDiff(snapshotKey, mountPoint, layers::find, skipped, out);
    }

    /** Keys of all root file systems but image mounts, mounted or not: what nobody knows any more is for the caller to remove. */
    public List<String> snapshotKeys() {
        return snapshots.keys();
    }

    /** Disk space of a root file system's writable directory, as of the last walk; empty when there is no such key. */
    public Optional<SnapshotUsage> usage(String snapshotKey) {
        return meter.usage(snapshotKey);
    }

    /** Where a root file system's own files are, the upper directory of its overlay; empty when there is no such key. */
    public Optional<Path> writableLayer(String snapshotKey) {
        return snapshots.upper(snapshotKey);
    }

    /**
     * Deletes layers that nobody has needed for a while: those of pulls that failed and were not tried again. Called every
     * few minutes; what a pull or a container is about to need is pinned and stays.
     *
     * @param grace how old they must be
     * @return how many were deleted
     */
    int collectGarbage(Duration grace) {
        int deleted = layers.sweep(this::neededLayers, Set.of(), grace);
        if (deleted > 0) {
            log.info("layers of failed pulls deleted: count={}", deleted);
        }
        return deleted;
    }

    /** Stops the background work; root file systems stay mounted, pulls under way are the callers' to interrupt. */
    @Override
    public void close() {
        meter.close();
        if (sealer != null) {
            sealer.close();
        }
        janitor.close();
        layers.close();
        snapshots.close();
    }
}

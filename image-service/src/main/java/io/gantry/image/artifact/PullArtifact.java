package io.gantry.image.artifact;

import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_CREAT;
import static io.gantry.platform.linux.LinuxConstants.O_EXCL;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_WRONLY;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_BENEATH;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_SYMLINKS;

import io.gantry.image.budget.TransferBudget;
import io.gantry.image.budget.TransferMemory;
import io.gantry.image.extract.LayerContents;
import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerStaging;
import io.gantry.image.layer.LayerStore;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.record.ImageCatalog;
import io.gantry.image.record.ImageRecord;
import io.gantry.image.record.StoredImage;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.reference.Platform;
import io.gantry.image.spec.ImageManifest;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.concurrent.TaskScope;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.BlockingCalls;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Brings one artifact to this node: each blob becomes a file in a layer of its own, so that the store's rules for layers
 * hold for it. The record is that of an image whose id is the manifest's digest, since many artifacts share one empty
 * config.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage">image-spec, artifacts</a>
 */
public final class PullArtifact {
    private static final int MAX_FILES = 256;
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int BLOCK = 4096;
    /** What the fetch of one file holds: its own buffer, and those of the blob's stream. */
    private static final long MEMORY = BUFFER_BYTES + (1 << 20);

    private final Syscalls syscalls;
    private final LayerStore layers;
    private final ImageCatalog catalog;
    private final Platform platform;
    private final TransferBudget budget;
    private final long maxBytes;

    /**
     * @param budget what the transfers of all pulls may use together
     * @param maxBytes longest file accepted
     */
    public PullArtifact(
            Syscalls syscalls,
            LayerStore layers,
            ImageCatalog catalog,
            Platform platform,
            TransferBudget budget,
            long maxBytes) {
        this.syscalls = syscalls;
        this.layers = layers;
        this.catalog = catalog;
        this.platform = platform;
        this.budget = budget;
        this.maxBytes = maxBytes;
    }

    /** Whether a name means an artifact and not an image or an index of images. */
    public static boolean isArtifact(ImageSource.Document document) {
        return MediaTypes.isManifest(document.descriptor().mediaType())
                && !ImageManifest.parse(
                                document.bytes(),
                                "manifest " + document.descriptor().digest())
                        .isImage();
    }

    /**
     * Fetches all blobs and lists the artifact.
     *
     * @param document its manifest
     * @throws GantryException as a pull of an image; INVALID_ARGUMENT when its files have no names that can be used
     */
    public StoredImage execute(ImageSource source, ImageSource.Document document, ImageReference reference)
            throws InterruptedException {
        String action = "pull artifact " + reference.canonical();
        ImageManifest manifest = ImageManifest.parse(document.bytes(), "manifest of " + reference);
        List<ArtifactFile> files = files(manifest, action);
        List<Digest> keys = files.stream().map(ArtifactFile::key).toList();
        try (LayerStore.Pin _ = layers.pin(keys)) {
            List<TaskScope.Task<Layer>> tasks = new ArrayList<>();
            try (TaskScope scope = new TaskScope(action)) {
                for (ArtifactFile file : files) {
                    tasks.add(scope.fork(
                            "file " + file.path(), () -> fetch(source, file, reference.canonical(), action)));
                }
                scope.join();
            }
            layers.sync(keys);
            long size = document.bytes().length;
            for (TaskScope.Task<Layer> task : tasks) {
                size += task.get().record().bytes();
            }
            return catalog.add(record(document, manifest, files, reference, size));
        }
    }

    /**
     * Fetches a file that is stored and damaged once more, and puts it in the old one's place when it is complete. The damaged
     * one stays when this fails.
     *
     * @param reference of the artifact, with its digest
     * @param mounted layers of snapshots
     * @return false when the damaged one stays because it is mounted or somebody is about to need it
     */
    public boolean replace(ImageSource source, Digest key, ImageReference reference, LayerStore.NeededLayers mounted)
            throws InterruptedException {
        String action = "pull artifact " + reference.canonical();
        ImageManifest manifest = ImageManifest.parse(source.resolve().bytes(), "manifest of " + reference);
        ArtifactFile file = files(manifest, action).stream()
                .filter(candidate -> candidate.key().equals(key))
                .findFirst()
                .orElseThrow(() -> GantryException.of(ErrorKind.NOT_FOUND, action, "it has no such file: " + key));
        try (InputStream blob = source.openBlob(file.blob());
                LayerStaging staging = layers.stage(key)) {
            return staging.replace(write(blob, staging.root(), file), mounted);
        } catch (ErrnoException e) {
            throw e.during(action);
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.UNAVAILABLE, action, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    private List<ArtifactFile> files(ImageManifest manifest, String action) {
        List<ArtifactFile> files = manifest.layers().stream()
                .filter(blob -> !blob.mediaType().equals(MediaTypes.OCI_EMPTY))
                .map(blob -> ArtifactFile.of(blob, action))
                .toList();
        if (files.size() > MAX_FILES) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    action,
                    "it has " + files.size() + " files, more than the " + MAX_FILES + " that one artifact may have");
        }
        Set<String> paths = new LinkedHashSet<>();
        for (ArtifactFile file : files) {
            boolean clash = paths.stream()
                    .anyMatch(other -> other.equals(file.path())
                            || other.startsWith(file.path() + "/")
                            || file.path().startsWith(other + "/"));
            if (clash) {
                throw GantryException.of(
                        ErrorKind.INVALID_ARGUMENT,
                        action,
                        "two of its files have the same title, or one lies in another");
            }
            if (file.blob().size() > maxBytes) {
                throw GantryException.of(
                        ErrorKind.RESOURCE_EXHAUSTED,
                        action,
                        "file " + file.blob().digest() + " has more than " + maxBytes + " bytes");
            }
            paths.add(file.path());
        }
        return files;
    }

    private Layer fetch(ImageSource source, ArtifactFile file, String pull, String action) throws InterruptedException {
        Digest key = file.key();
        try (TransferMemory memory = budget.enter(pull, MEMORY)) {
            var stored = layers.find(key);
            return stored.isPresent() ? stored.get() : fetch(source, file, key, memory, action);
        }
    }

    private Layer fetch(ImageSource source, ArtifactFile file, Digest key, TransferMemory memory, String action)
            throws InterruptedException {
        try (InputStream blob = source.openBlob(file.blob(), memory);
                LayerStaging staging = layers.stage(key)) {
            return staging.commit(write(blob, staging.root(), file));
        } catch (ErrnoException e) {
            throw e.during(action);
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, action, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    private LayerContents write(InputStream blob, int root, ArtifactFile file) throws IOException {
        List<String> directories = new ArrayList<>();
        int slash = file.path().indexOf('/');
        while (slash >= 0) {
            String directory = file.path().substring(0, slash);
            syscalls.mkdirat(root, directory, 0755);
            directories.add(directory);
            slash = file.path().indexOf('/', slash + 1);
        }
        int fd = syscalls.openat2(
                root,
                file.path(),
                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                0644,
                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
        long size = 0;
        try {
            syscalls.fchmod(fd, 0644);
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = blob.read(buffer); count >= 0; count = blob.read(buffer)) {
                write(fd, buffer, count);
                size += count;
            }
            // The same file always gives the same tree, whenever it was pulled.
            syscalls.futimens(fd, 0, 0, 0, 0);
        } finally {
            syscalls.close(fd);
        }
        for (String directory : directories) {
            syscalls.fchmodat(root, directory, 0755);
            syscalls.utimensat(root, directory, 0, 0, 0, 0, 0);
        }
        long blocks = (size + BLOCK - 1) / BLOCK + directories.size() + 1;
        return new LayerContents(blocks * BLOCK, 2L + directories.size(), List.of(), false);
    }

    private void write(int fd, byte[] buffer, int count) {
        BlockingCalls.run(() -> {
            int written = 0;
            while (written < count) {
                written += syscalls.write(fd, buffer, written, count - written);
            }
        });
    }

    private ImageRecord record(
            ImageSource.Document document,
            ImageManifest manifest,
            List<ArtifactFile> files,
            ImageReference reference,
            long size) {
        Digest digest = document.descriptor().digest();
        String tag = reference.digest() == null ? reference.repoTag() : null;
        String type = manifest.artifactType() == null ? manifest.config().mediaType() : manifest.artifactType();
        return new ImageRecord(
                digest.toString(),
                tag == null ? List.of() : List.of(tag),
                List.of(reference.repoDigest(digest)),
                digest.toString(),
                config(files),
                files.stream()
                        .map(file -> new ImageRecord.ImageLayer(
                                file.key().toString(),
                                file.blob().digest().toString(),
                                file.blob().size(),
                                file.blob().mediaType()))
                        .toList(),
                size,
                manifest.annotations(),
                Instant.now(),
                type);
    }

    /** A config as an image's, which nothing can be run by: it only lists the files. */
    private String config(List<ArtifactFile> files) {
        Map<String, Object> rootfs = new LinkedHashMap<>();
        rootfs.put("type", "layers");
        rootfs.put("diff_ids", files.stream().map(file -> file.key().toString()).toList());
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("architecture", platform.architecture());
        config.put("os", platform.os());
        config.put("rootfs", rootfs);
        return Json.mapper().writeValueAsString(config);
    }
}

package io.gantry.image.layer;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.RENAME_EXCHANGE;

import io.gantry.image.extract.LayerContents;
import io.gantry.image.reference.Digest;
import io.gantry.image.tree.BackgroundRemover;
import io.gantry.image.tree.LostAndFound;
import io.gantry.image.tree.TreeUsage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.BlockingCalls;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Complete layers by diffID. A layer appears by one rename and disappears by one rename, so that whatever moment the
 * process or the machine dies at, there is the whole layer or none. Safe for use by many threads.
 */
public final class LayerStore implements AutoCloseable {
    /** Keeps layers from being swept while a pull or a mount is about to need them; closing lets go. */
    public interface Pin extends AutoCloseable {
        @Override
        void close();
    }

    private static final Logger log = LoggerFactory.getLogger(LayerStore.class);

    private static final class Entry {
        final Layer layer;
        final String name;
        boolean unsynced;

        Entry(Layer layer, String name, boolean unsynced) {
            this.layer = layer;
            this.name = name;
            this.unsynced = unsynced;
        }
    }

    private final LayerDirectory directory;
    private final Syscalls syscalls;
    private final String bootId;
    private final BackgroundRemover remover;
    private final AtomicLong serial = new AtomicLong(System.nanoTime());

    private final Object lock = new Object();
    private final Map<Digest, Entry> layers = new HashMap<>();
    private final Map<Digest, Integer> pins = new HashMap<>();
    private final Set<String> takenNames = new HashSet<>();
    private final List<Path> leftovers = new ArrayList<>();

    private LayerStore(Path directory, Syscalls syscalls, String bootId) {
        this.directory = new LayerDirectory(directory);
        this.syscalls = syscalls;
        this.bootId = bootId;
        this.remover = new BackgroundRemover(syscalls, "gantry-layer-remover");
    }

    /**
     * Opens a store and finds out what is in it. Layers that no syncfs covered before the machine went down are dropped,
     * unless an image has them: an image is recorded after the syncfs only.
     *
     * @param bootId of the machine now
     * @param recorded layers that recorded images have
     */
    public static LayerStore open(Path directory, Syscalls syscalls, String bootId, Set<Digest> recorded) {
        LayerStore store = new LayerStore(directory, syscalls, bootId);
        try {
            Files.createDirectories(directory);
            try (Stream<Path> names = Files.list(directory)) {
                names.forEach(path -> store.load(path, recorded));
            }
        } catch (IOException e) {
            throw GantryException.of(
                            ErrorKind.INTERNAL, "open layer store " + directory, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
        return store;
    }

    private void load(Path path, Set<Digest> recorded) {
        String name = path.getFileName().toString();
        if (LostAndFound.is(name)) {
            return;
        }
        if (name.startsWith(".")) {
            leftovers.add(path);
            return;
        }
        LayerRecord record = LayerDirectory.read(path);
        String boot = LayerDirectory.unsyncedBoot(path);
        if (record == null) {
            log.warn("layer set aside for deletion: directory={} problem=\"its record cannot be read\"", path);
            leftovers.add(path);
            return;
        }
        Digest diffId = Digest.parse(record.diffId());
        if (boot != null && !boot.equals(bootId) && !recorded.contains(diffId)) {
            log.warn("layer dropped: diff_id={} problem=\"the machine went down before it was on disk\"", diffId);
            leftovers.add(path);
            return;
        }
        takenNames.add(name);
        layers.put(diffId, new Entry(new Layer(record, LayerDirectory.files(path)), name, boot != null));
    }

    /**
     * Deletes what earlier processes left half made or half deleted, except directories that are in use: to be called once,
     * in the background, after {@link #open}.
     *
     * @param inUse directories of layers that mounted snapshots have
     */
    public void deleteLeftovers(Set<Path> inUse) {
        for (Path leftover : leftovers) {
            if (!inUse.contains(LayerDirectory.files(leftover))) {
                remover.remove(leftover);
            }
        }
    }

    /** The layer of a diffID, when it is stored. */
    public Optional<Layer> find(Digest diffId) {
        synchronized (lock) {
            Entry entry = layers.get(diffId);
            return entry == null ? Optional.empty() : Optional.of(entry.layer);
        }
    }

    /** Keeps layers from {@link #sweep}, also those that are not there yet. */
    public Pin pin(Collection<Digest> diffIds) {
        List<Digest> pinned = List.copyOf(diffIds);
        synchronized (lock) {
            pinned.forEach(diffId -> pins.merge(diffId, 1, Integer::sum));
        }
        return new Pin() {
            private boolean closed;

            @Override
            public void close() {
                synchronized (lock) {
                    if (!closed) {
                        closed = true;
                        pinned.forEach(
                                diffId -> pins.computeIfPresent(diffId, (_, count) -> count == 1 ? null : count - 1));
                    }
                }
            }
        };
    }

    /** A directory to unpack a layer into. */
    public LayerStaging stage(Digest diffId) {
        String name = LayerDirectory.STAGING + Long.toHexString(serial.incrementAndGet());
        Path staging = directory.of(name);
        String files = LayerDirectory.files(staging).toString();
        try {
            syscalls.mkdirat(AT_FDCWD, staging.toString(), 0700);
            syscalls.mkdirat(AT_FDCWD, files, 0755);
            int root = syscalls.openat(AT_FDCWD, files, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
            try {
                syscalls.fchown(root, 0, 0);
                syscalls.fchmod(root, 0755);
            } catch (ErrnoException e) {
                syscalls.close(root);
                throw e;
            }
            return new LayerStaging(this, diffId, staging, root);
        } catch (ErrnoException e) {
            remover.remove(staging);
            throw e.during("make a directory for layer " + diffId);
        }
    }

    Layer commit(Digest diffId, Path staging, LayerContents contents) {
        LayerRecord record = LayerRecord.of(diffId, contents, Instant.now());
        try {
            Files.write(LayerDirectory.record(staging), Json.mapper().writeValueAsBytes(record));
            Files.write(LayerDirectory.unsynced(staging), bootId.getBytes(StandardCharsets.US_ASCII));
            synchronized (lock) {
                Entry there = layers.get(diffId);
                if (there != null) {
                    return there.layer;
                }
                String name = LayerDirectory.freeName(diffId, this::isTaken);
                Files.move(staging, directory.of(name), StandardCopyOption.ATOMIC_MOVE);
                Layer layer = new Layer(record, LayerDirectory.files(directory.of(name)));
                takenNames.add(name);
                layers.put(diffId, new Entry(layer, name, true));
                return layer;
            }
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "store layer " + diffId, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    private boolean isTaken(String name) {
        return takenNames.contains(name) || Files.exists(directory.of(name));
    }

    void discard(Path staging, int root) {
        syscalls.close(root);
        remover.remove(staging);
    }

    /**
     * Makes layers safe against power loss: one syncfs(2) for all of them, none when they are safe already. Blocks for as
     * long as the disk takes.
     */
    public void sync(Collection<Digest> diffIds) {
        List<Entry> unsynced = new ArrayList<>();
        synchronized (lock) {
            for (Digest diffId : diffIds) {
                Entry entry = layers.get(diffId);
                if (entry != null && entry.unsynced) {
                    unsynced.add(entry);
                }
            }
        }
        if (unsynced.isEmpty()) {
            return;
        }
        syncFilesystem();
        for (Entry entry : unsynced) {
            try {
                // Not made durable: a mark that comes back after power loss is overruled by the image's record.
                Files.deleteIfExists(LayerDirectory.unsynced(directory.of(entry.name)));
            } catch (IOException e) {
                log.warn("mark of a synced layer stays: directory={} error=\"{}\"", entry.name, e.toString());
            }
            synchronized (lock) {
                entry.unsynced = false;
            }
        }
    }

    private void syncFilesystem() {
        BlockingCalls.run(() -> {
            try {
                int fd = syscalls.openat(AT_FDCWD, directory.path().toString(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
                try {
                    syscalls.syncfs(fd);
                } finally {
                    syscalls.close(fd);
                }
            } catch (ErrnoException e) {
                throw e.during("bring layers to the disk");
            }
        });
    }

    /**
     * Deletes layers that nobody needs: not pinned, not in {@code needed}, and either named in {@code released} or older
     * than {@code grace} (layers of a pull that failed wait that long for the next try).
     *
     * @param needed layers of images and snapshots, read after the pins of whoever adds to them
     * @return how many were deleted
     */
    public int sweep(NeededLayers needed, Set<Digest> released, Duration grace) {
        Instant youngest = Instant.now().minus(grace);
        List<Path> gone = new ArrayList<>();
        synchronized (lock) {
            Set<Digest> keep = needed.get();
            layers.entrySet().removeIf(candidate -> {
                Digest diffId = candidate.getKey();
                Entry entry = candidate.getValue();
                boolean due = released.contains(diffId)
                        || entry.layer.record().createdAt().isBefore(youngest);
                if (!due || keep.contains(diffId) || pins.containsKey(diffId)) {
                    return false;
                }
                Path target = directory.of(LayerDirectory.GONE + Long.toHexString(serial.incrementAndGet()));
                try {
                    Files.move(directory.of(entry.name), target, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException e) {
                    log.warn("layer not deleted: diff_id={} error=\"{}\"", diffId, e.toString());
                    return false;
                }
                takenNames.remove(entry.name);
                gone.add(target);
                return true;
            });
        }
        gone.forEach(remover::remove);
        return gone.size();
    }

    /**
     * Whether a layer's files could be taken away now.
     *
     * @param mounted layers of snapshots
     * @return false when it is mounted or somebody is about to need it
     */
    public boolean isFree(Digest diffId, NeededLayers mounted) {
        synchronized (lock) {
            return !pins.containsKey(diffId) && !mounted.get().contains(diffId);
        }
    }

    /**
     * Puts a fresh copy in the place of a damaged layer, whose files are deleted. The copy is on disk before, and there is one
     * of the two at every moment.
     */
    boolean replace(Digest diffId, Path staging, LayerContents contents, NeededLayers mounted) {
        String action = "replace layer " + diffId;
        LayerRecord record = LayerRecord.of(diffId, contents, Instant.now());
        try {
            Files.write(LayerDirectory.record(staging), Json.mapper().writeValueAsBytes(record));
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
        syncFilesystem();
        synchronized (lock) {
            if (!isFree(diffId, mounted)) {
                return false;
            }
            Entry entry = layers.get(diffId);
            String name = entry == null ? LayerDirectory.freeName(diffId, this::isTaken) : entry.name;
            Path target = directory.of(name);
            // Its directory may be gone altogether.
            int flags = Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS) ? RENAME_EXCHANGE : 0;
            try {
                syscalls.renameat2(AT_FDCWD, staging.toString(), AT_FDCWD, target.toString(), flags);
            } catch (ErrnoException e) {
                throw e.during(action);
            }
            takenNames.add(name);
            layers.put(diffId, new Entry(new Layer(record, LayerDirectory.files(target)), name, false));
        }
        return true;
    }

    /**
     * Takes a damaged layer out of the store, so that it can be fetched again; its files are deleted.
     *
     * @param mounted layers of snapshots
     * @return false when it stays because it is mounted or somebody is about to need it
     */
    public boolean withdraw(Digest diffId, NeededLayers mounted) {
        Path target;
        synchronized (lock) {
            Entry entry = layers.get(diffId);
            if (entry == null) {
                return true;
            }
            if (!isFree(diffId, mounted)) {
                return false;
            }
            target = directory.of(LayerDirectory.GONE + Long.toHexString(serial.incrementAndGet()));
            try {
                Files.move(directory.of(entry.name), target, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                throw GantryException.of(ErrorKind.INTERNAL, "take layer " + diffId + " out of the store", e.toString())
                        .causedBy(e);
            }
            layers.remove(diffId);
            takenNames.remove(entry.name);
        }
        remover.remove(target);
        return true;
    }

    /** Says which layers images and snapshots have. */
    @FunctionalInterface
    public interface NeededLayers {
        Set<Digest> get();
    }

    /** Disk space of all layers together, from their records. */
    public TreeUsage usage() {
        synchronized (lock) {
            long bytes = 0;
            long inodes = 0;
            for (Entry entry : layers.values()) {
                bytes += entry.layer.record().bytes();
                inodes += entry.layer.record().inodes();
            }
            return new TreeUsage(bytes, inodes);
        }
    }

    /** Ends the background thread when it has deleted what it was given. */
    @Override
    public void close() {
        remover.close();
    }
}

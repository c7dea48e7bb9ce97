package io.gantry.image.snapshot;

import io.gantry.image.layer.Layer;
import io.gantry.image.reference.Digest;
import io.gantry.image.tree.BackgroundRemover;
import io.gantry.image.tree.LostAndFound;
import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots on disk: {@code KEY/fs} (upper), {@code KEY/work} and {@code KEY/snapshot.json}. A snapshot outlives its
 * mount and the machine's reboot; {@link #remount} mounts it again. Safe for use by many threads.
 */
public final class SnapshotStore implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SnapshotStore.class);
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");
    private static final String STAGING = ".new-";
    private static final String GONE = ".gone-";

    /** How kernels and file systems say that they cannot mount with other ids. */
    private static final Set<Integer> UNABLE = Set.of(Errno.EINVAL, Errno.ENOSYS, Errno.EOPNOTSUPP, Errno.EPERM);

    private final Path directory;
    private final Syscalls syscalls;
    private final OverlayMounts overlays;
    private final Mounts mounts;
    private final BackgroundRemover remover;
    private final KeyedLocks<String> locks = new KeyedLocks<>();
    private final ConcurrentSkipListMap<String, SnapshotRecord> snapshots = new ConcurrentSkipListMap<>();
    private final List<Path> leftovers = new ArrayList<>();
    private final AtomicLong serial = new AtomicLong(System.nanoTime());

    private SnapshotStore(Path directory, Syscalls syscalls, Mounts mounts, boolean volatileUppers) {
        this.directory = directory;
        this.syscalls = syscalls;
        this.mounts = mounts;
        this.overlays = new OverlayMounts(mounts, volatileUppers);
        this.remover = new BackgroundRemover(syscalls, "gantry-snapshot-remover");
    }

    /**
     * Opens a store and finds out what is in it; mounts nothing.
     *
     * @param volatileUppers whether the kernel may skip bringing writable directories to the disk: they go with their
     *     container, so nothing is lost by it, and unmounting does not wait for the disk
     */
    public static SnapshotStore open(Path directory, Syscalls syscalls, Mounts mounts, boolean volatileUppers) {
        SnapshotStore store = new SnapshotStore(directory, syscalls, mounts, volatileUppers);
        try {
            Files.createDirectories(directory);
            try (Stream<Path> names = Files.list(directory)) {
                names.forEach(store::load);
            }
        } catch (IOException e) {
            throw problem("open snapshot store " + directory, e);
        }
        return store;
    }

    private void load(Path path) {
        String name = path.getFileName().toString();
        if (LostAndFound.is(name)) {
            return;
        }
        if (name.startsWith(".")) {
            leftovers.add(path);
            return;
        }
        try {
            SnapshotRecord record = Json.mapper().readValue(Files.readAllBytes(recordFile(path)), SnapshotRecord.class);
            if (record.schema() == SnapshotRecord.SCHEMA && name.equals(record.key())) {
                snapshots.put(name, record);
                return;
            }
        } catch (IOException | RuntimeException e) {
            log.warn("snapshot set aside for deletion: directory={} error=\"{}\"", path, e.toString());
        }
        leftovers.add(path);
    }

    /** Deletes what earlier processes left half made or half deleted: once, in the background, after {@link #open}. */
    public void deleteLeftovers() {
        leftovers.forEach(remover::remove);
    }

    /**
     * Makes a snapshot and mounts it.
     *
     * @throws GantryException ALREADY_EXISTS when there is one with this key, FAILED_PRECONDITION when the kernel cannot
     *     show the files with other ids; on any failure nothing is left
     */
    public void prepare(SnapshotRequest request) throws InterruptedException {
        String key = request.key();
        String action = "prepare root file system " + key;
        if (!KEY.matcher(key).matches()) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, "not a valid key: " + KEY.pattern());
        }
        try (KeyedLocks<String>.Held _ = locks.lock(key)) {
            if (snapshots.containsKey(key)) {
                throw GantryException.of(ErrorKind.ALREADY_EXISTS, action, "there is a snapshot with this key");
            }
            SnapshotRecord record = SnapshotRecord.of(request);
            create(record, request.topFirst(), action);
            boolean mounted = false;
            try {
                if (record.idMap() != null) {
                    giveToNamespace(record.key(), record.idMap());
                }
                mount(record, request.topFirst(), request.mountPoint());
                mounted = true;
            } finally {
                if (!mounted) {
                    discard(key);
                }
            }
        }
    }

    private void create(SnapshotRecord record, List<Layer> topFirst, String action) {
        Path staging = directory.resolve(STAGING + Long.toHexString(serial.incrementAndGet()));
        boolean created = false;
        try {
            Files.createDirectories(staging);
            makeDirectory(upper(staging));
            makeDirectory(work(staging));
            MergedDirectories.make(syscalls, upper(staging), new MergedDirectories(syscalls, topFirst).repairs());
            Files.write(recordFile(staging), Json.mapper().writeValueAsBytes(record));
            Files.move(staging, directory.resolve(record.key()), StandardCopyOption.ATOMIC_MOVE);
            snapshots.put(record.key(), record);
            created = true;
        } catch (IOException e) {
            throw problem(action, e);
        } catch (ErrnoException e) {
            throw e.during(action);
        } finally {
            if (!created) {
                remover.remove(staging);
            }
        }
    }

    private void makeDirectory(Path path) throws IOException {
        Files.createDirectory(path);
        syscalls.fchmodat(LinuxConstants.AT_FDCWD, path.toString(), 0755);
    }

    private void giveToNamespace(String key, IdMap idMap) {
        try {
            MappedOwners.apply(syscalls, upper(directory.resolve(key)), idMap);
        } catch (IOException e) {
            throw problem("prepare root file system " + key, e);
        } catch (ErrnoException e) {
            throw e.during("prepare root file system " + key);
        }
    }

    private void mount(SnapshotRecord record, List<Layer> topFirst, Path mountPoint) {
        try {
            Files.createDirectories(mountPoint);
        } catch (IOException e) {
            throw problem("make mount point " + mountPoint, e);
        }
        List<Path> lower = new ArrayList<>();
        for (Layer layer : topFirst) {
            lower.add(layer.files());
            if (layer.record().opaqueRoot()) {
                break;
            }
        }
        if (record.idMap() == null) {
            mountOverlay(record, lower, mountPoint);
        } else {
            mountMapped(record, lower, mountPoint, record.idMap());
        }
    }

    private void mountMapped(SnapshotRecord record, List<Path> lower, Path mountPoint, IdMap idMap) {
        String action = "mount root file system " + record.key() + " with the ids of its user namespace";
        try (MappedLayers mapped = MappedLayers.open(mounts, directory.resolve(record.key()))) {
            mountOverlay(record, mapped.mount(lower, idMap), mountPoint);
        } catch (IOException e) {
            throw problem(action, e);
        } catch (GantryException e) {
            if (e.getCause() instanceof ErrnoException refusal && UNABLE.contains(refusal.errno())) {
                throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, e.problem())
                        .withRemedy("use Linux 5.19 or later, with " + directory
                                + " on a file system that can map ids, such as ext4, xfs or btrfs")
                        .causedBy(e);
            }
            throw e;
        }
    }

    private void mountOverlay(SnapshotRecord record, List<Path> lower, Path mountPoint) {
        Path snapshot = directory.resolve(record.key());
        if (record.readOnly()) {
            overlays.mountReadOnly(upper(snapshot), lower, work(snapshot), mountPoint);
        } else {
            overlays.mountWritable(upper(snapshot), lower, work(snapshot), mountPoint);
        }
    }

    /**
     * Mounts a snapshot again, after a reboot; one that is mounted stays as it is.
     *
     * @param find gives the layer of a diffID
     * @throws GantryException NOT_FOUND when there is no such snapshot, DATA_LOSS when a layer of it is gone
     */
    public void remount(String key, Path mountPoint, LayerLookup find) throws InterruptedException {
        try (KeyedLocks<String>.Held _ = locks.lock(key)) {
            SnapshotRecord record = snapshots.get(key);
            String action = "mount root file system " + key;
            if (record == null) {
                throw GantryException.of(ErrorKind.NOT_FOUND, action, "no such snapshot");
            }
            if (mounts.isMountPoint(mountPoint)) {
                return;
            }
            if (record.idMap() != null && !Files.exists(record.idMap().userNamespace())) {
                throw GantryException.of(
                                ErrorKind.FAILED_PRECONDITION, action, "the user namespace it was made for is gone")
                        .withRemedy("remove the container and make it again");
            }
            List<Layer> topFirst = new ArrayList<>();
            for (String diffId : record.layers().reversed()) {
                topFirst.add(find.find(Digest.parse(diffId))
                        .orElseThrow(
                                () -> GantryException.of(ErrorKind.DATA_LOSS, action, "layer " + diffId + " is gone")
                                        .withRemedy("remove the container and make it again")));
            }
            // What a volatile mount leaves when the machine goes down: the kernel refuses such a directory.
            Path incompatible = work(directory.resolve(key)).resolve("work");
            remover.remove(incompatible);
            mount(record, topFirst, mountPoint);
        } catch (ErrnoException e) {
            throw e.during("mount root file system " + key);
        }
    }

    /** Gives the layer of a diffID. */
    @FunctionalInterface
    public interface LayerLookup {
        Optional<Layer> find(Digest diffId);
    }

    /**
     * Unmounts and deletes a snapshot; what is gone already is no error.
     *
     * @param mountPoint where it is mounted; the directory stays
     * @return what it was
     */
    public Optional<SnapshotRecord> remove(String key, Path mountPoint) throws InterruptedException {
        try (KeyedLocks<String>.Held _ = locks.lock(key)) {
            // Twice when a remount raced with a crash.
            boolean mounted = mounts.unmount(mountPoint);
            for (int i = 0; mounted && i < 8; i++) {
                mounted = mounts.unmount(mountPoint);
            }
            return Optional.ofNullable(discard(key));
        }
    }

    private @Nullable SnapshotRecord discard(String key) {
        SnapshotRecord record = snapshots.get(key);
        if (record == null) {
            return null;
        }
        Path gone = directory.resolve(GONE + Long.toHexString(serial.incrementAndGet()));
        MappedLayers.clear(mounts, directory.resolve(key));
        try {
            Files.move(directory.resolve(key), gone, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException _) {
            log.warn("snapshot was deleted by somebody else: key={}", key);
        } catch (IOException e) {
            throw problem("remove root file system " + key, e);
        }
        snapshots.remove(key);
        remover.remove(gone);
        return record;
    }

    /**
     * Writes what was changed in a mounted root file system as a tar stream. Nothing may change meanwhile.
     *
     * @param skipped says of an absolute path whether it is left out with all below it
     * @param out stays open
     * @return absolute paths of what was deleted
     */
    public List<String> writeDiff(
            String key, Path mountPoint, LayerLookup find, Predicate<String> skipped, OutputStream out)
            throws InterruptedException {
        String action = "read changes of root file system " + key;
        SnapshotRecord record = snapshots.get(key);
        if (record == null) {
            throw GantryException.of(ErrorKind.NOT_FOUND, action, "no such snapshot");
        }
        List<Path> lower = record.layers().reversed().stream()
                .flatMap(diffId -> find.find(Digest.parse(diffId)).stream())
                .map(Layer::files)
                .toList();
        try {
            return SnapshotDiff.write(syscalls, upper(directory.resolve(key)), mountPoint, lower, skipped, out);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /** The keys of all snapshots that stand for themselves, mounted or not. */
    public List<String> keys() {
        return snapshots.values().stream()
                .filter(record -> record.owner() == null)
                .map(SnapshotRecord::key)
                .toList();
    }

    /** The snapshots that go with another one. */
    public List<SnapshotRecord> ownedBy(String owner) {
        return snapshots.values().stream()
                .filter(record -> owner.equals(record.owner()))
                .toList();
    }

    /** The snapshots whose owner is gone: a daemon was killed while it removed them. */
    public List<SnapshotRecord> abandoned() {
        return snapshots.values().stream()
                .filter(record -> record.owner() != null && !snapshots.containsKey(record.owner()))
                .toList();
    }

    /** What a snapshot was made of. */
    public Optional<SnapshotRecord> find(String key) {
        return Optional.ofNullable(snapshots.get(key));
    }

    /** The layers that snapshots need. */
    public Set<Digest> layers() {
        return snapshots.values().stream()
                .flatMap(record -> record.layers().stream())
                .distinct()
                .map(Digest::parse)
                .collect(Collectors.toSet());
    }

    /** The writable directory of each snapshot, by key. */
    Map<String, Path> uppers() {
        Map<String, Path> uppers = new TreeMap<>();
        snapshots.forEach((key, record) -> {
            if (record.owner() == null) {
                uppers.put(key, upper(directory.resolve(key)));
            }
        });
        return uppers;
    }

    /** The writable directory of one snapshot; empty when there is none of that key, or it has no such directory. */
    public Optional<Path> upper(String key) {
        return Optional.ofNullable(snapshots.get(key))
                .filter(record -> record.owner() == null)
                .map(record -> upper(directory.resolve(key)));
    }

    /** Where snapshots are. */
    public Path directory() {
        return directory;
    }

    Syscalls syscalls() {
        return syscalls;
    }

    /** Ends the background thread when it has deleted what it was given. */
    @Override
    public void close() {
        remover.close();
    }

    private static Path upper(Path snapshot) {
        return snapshot.resolve("fs");
    }

    private static Path work(Path snapshot) {
        return snapshot.resolve("work");
    }

    private static Path recordFile(Path snapshot) {
        return snapshot.resolve("snapshot.json");
    }

    private static GantryException problem(String action, IOException e) {
        return GantryException.of(ErrorKind.INTERNAL, action, e.toString()).causedBy(e);
    }
}

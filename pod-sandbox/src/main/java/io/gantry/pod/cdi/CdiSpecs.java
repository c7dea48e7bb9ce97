package io.gantry.pod.cdi;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The specification files of this node. They are looked at whenever a container asks for a device, and read when they have
 * changed: a driver may write its specification the moment before, which notifications would tell too late, and no
 * container without devices pays for them.
 */
public final class CdiSpecs {
    /** Where specifications are on every node, those that come with packages first, which the others override. */
    public static final List<Path> DIRECTORIES = List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi"));

    private static final Logger log = LoggerFactory.getLogger(CdiSpecs.class);

    private final List<Path> directories;
    private final ReentrantLock lock = new ReentrantLock();
    private Map<Path, Loaded> files = Map.of();

    /** What tells a changed file from one that was read. */
    private record Version(
            FileTime modified, long size, @Nullable Object inode) {}

    /** A file that was read: what is in it, or why it cannot be used. */
    private record Loaded(
            Path file,
            int priority,
            Version version,
            @Nullable CdiSpec spec,
            String problem) {}

    /** @param directories of specification files; a device in a later one replaces that in an earlier one */
    public CdiSpecs(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /**
     * The edits for a container: each file's common edits once, then each device's own.
     *
     * @param names fully qualified device names
     * @param action what asks, for errors: {@code create container web in pod default/shop}
     * @throws GantryException INVALID_ARGUMENT for what is no qualified name; FAILED_PRECONDITION for a device that no
     *     file, or more than one of a directory, describes
     */
    public List<CdiEdits> resolve(Collection<String> names, String action) {
        if (names.isEmpty()) {
            return List.of();
        }
        Collection<Loaded> current = refresh().values();
        Set<Path> seen = new HashSet<>();
        List<CdiEdits> edits = new ArrayList<>();
        for (String text : names) {
            CdiName name = CdiName.parse(text)
                    .orElseThrow(() -> GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            action,
                            "\"" + text + "\" is not a CDI device name of the form vendor.com/class=device"));
            Loaded holder = holder(name, current, action);
            CdiSpec spec = holder.spec;
            CdiEdits own = spec == null ? null : spec.devices().get(name.device());
            if (spec == null || own == null) {
                throw missing(name, current, action);
            }
            if (seen.add(holder.file)) {
                edits.add(spec.edits());
            }
            edits.add(own);
        }
        return edits;
    }

    /** Why directories and files cannot be used, by path; empty when all can be. */
    public Map<Path, String> problems() {
        Map<Path, String> problems = new TreeMap<>();
        for (Path directory : directories) {
            if (Files.isDirectory(directory) && !Files.isReadable(directory)) {
                problems.put(directory, "it cannot be read");
            }
        }
        for (Loaded file : refresh().values()) {
            if (file.spec == null) {
                problems.put(file.file, file.problem);
            }
        }
        return problems;
    }

    private Loaded holder(CdiName name, Collection<Loaded> current, String action) {
        List<Loaded> holders = new ArrayList<>();
        for (Loaded file : current) {
            CdiSpec spec = file.spec;
            if (spec == null
                    || !spec.kind().equals(name.kind())
                    || !spec.devices().containsKey(name.device())) {
                continue;
            }
            if (!holders.isEmpty() && holders.getFirst().priority < file.priority) {
                holders.clear();
            }
            if (holders.isEmpty() || holders.getFirst().priority == file.priority) {
                holders.add(file);
            }
        }
        if (holders.isEmpty()) {
            throw missing(name, current, action);
        }
        if (holders.size() > 1) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            action,
                            "CDI device " + name + " is in conflict: both " + holders.get(0).file + " and "
                                    + holders.get(1).file + " describe it")
                    .withRemedy("remove one of the two files");
        }
        return holders.getFirst();
    }

    private GantryException missing(CdiName name, Collection<Loaded> current, String action) {
        StringBuilder text = new StringBuilder("CDI device ")
                .append(name)
                .append(" is unresolvable: no specification in ")
                .append(directories)
                .append(" describes it");
        current.stream()
                .filter(file -> file.spec == null)
                .forEach(file -> text.append("; ")
                        .append(file.file)
                        .append(" is not used: ")
                        .append(file.problem));
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, text.toString())
                .withRemedy("see whether the device's driver or plugin runs on this node");
    }

    /** The files as they are now; of those that did not change, what was read before. */
    private Map<Path, Loaded> refresh() {
        lock.lock();
        try {
            Map<Path, Loaded> now = new TreeMap<>();
            for (int priority = 0; priority < directories.size(); priority++) {
                for (Path file : specFiles(directories.get(priority))) {
                    Version version = version(file);
                    if (version == null) {
                        continue;
                    }
                    Loaded before = files.get(file);
                    now.put(
                            file,
                            before != null && before.version.equals(version) ? before : load(file, priority, version));
                }
            }
            files = now;
            return now;
        } finally {
            lock.unlock();
        }
    }

    private static List<Path> specFiles(Path directory) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.endsWith(SpecReader.JSON) || name.endsWith(SpecReader.YAML)) {
                    found.add(entry);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException _) {
            return List.of();
        } catch (IOException e) {
            log.warn("CDI specifications not listed: directory={} error=\"{}\"", directory, e.toString());
        }
        return found;
    }

    private static @Nullable Version version(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.isRegularFile()
                    ? new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey())
                    : null;
        } catch (IOException _) {
            return null; // gone since it was listed
        }
    }

    private static Loaded load(Path file, int priority, Version version) {
        try {
            return new Loaded(file, priority, version, SpecReader.read(file), "");
        } catch (InvalidSpecException e) {
            log.warn("CDI specification not used: file={} problem=\"{}\"", file, e.getMessage());
            return new Loaded(file, priority, version, null, String.valueOf(e.getMessage()));
        }
    }
}

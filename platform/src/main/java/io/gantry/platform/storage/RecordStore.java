package io.gantry.platform.storage;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Records of one kind, one JSON file each: {@code <dir>/<id>.json} holds {@code {"schema":N,"record":{…}}}. Every file is
 * replaced atomically and is readable by root alone. Writes of the same id must be kept in order by the caller, who holds
 * the lock of what the record describes; different ids need no lock.
 */
public final class RecordStore<T> {
    private static final Logger log = LoggerFactory.getLogger(RecordStore.class);
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,199}");
    private static final String SUFFIX = ".json";
    private static final int MODE = 0600;

    private final Path dir;
    private final RecordFile<T> format;

    /**
     * Opens a store and makes its directory where it is missing.
     *
     * @param schema version of {@code type} that is written; files of later versions are set aside, those of earlier ones
     *     are read as they are, so a change that older files do not fit needs a new component, not a new meaning
     * @throws GantryException when the directory cannot be made
     */
    public RecordStore(Path dir, Class<T> type, int schema) {
        this(dir, type, schema, Json.mapper());
    }

    RecordStore(Path dir, Class<T> type, int schema, JsonMapper mapper) {
        this.dir = dir.toAbsolutePath();
        this.format = new RecordFile<>(type, schema, mapper);
        makeDirectory(this.dir);
    }

    private static void makeDirectory(Path directory) {
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw FileErrors.during("make record directory " + directory, e);
        }
    }

    /** Stores a record. On return it is visible and survives kill -9. @throws GantryException the former record stays */
    public void put(String id, T record) {
        AtomicFiles.write(file(id), format.encode(record), Durability.CRASH, MODE);
    }

    /** Stores a record. On return it survives a power loss. @throws GantryException the former record stays */
    public void putDurably(String id, T record) {
        AtomicFiles.write(file(id), format.encode(record), Durability.POWER_LOSS, MODE);
    }

    /** Makes a record that was stored by {@link #put} survive a power loss. @throws GantryException NOT_FOUND */
    public void sync(String id) {
        AtomicFiles.sync(file(id));
    }

    /** Removes a record; one that is not there is no error. */
    public void remove(String id) {
        AtomicFiles.remove(file(id), Durability.CRASH);
    }

    /** Reads one record from the disk. @throws GantryException DATA_LOSS when its file is corrupt; it stays in place */
    public Optional<T> get(String id) {
        Path file = file(id);
        try {
            return Optional.of(format.decode(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw FileErrors.during("read record " + file, e);
        } catch (RecordFile.Unreadable e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, "read record " + file, e.problem())
                    .causedBy(e);
        }
    }

    /**
     * Reads all records, several at a time. Files that are not records of this kind and version are moved to {@code
     * <dir>/corrupt/}; leftovers of writes that a crash cut short are removed.
     *
     * @throws GantryException when the directory cannot be listed
     */
    public LoadResult<T> loadAll() {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(dir)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.endsWith(AtomicFiles.TEMPORARY_SUFFIX)) {
                    AtomicFiles.remove(entry, Durability.CRASH);
                } else if (!name.equals(RecordQuarantine.DIRECTORY)) {
                    files.add(entry);
                }
            }
        } catch (IOException e) {
            throw FileErrors.during("list records in " + dir, e);
        } catch (DirectoryIteratorException e) {
            throw FileErrors.during("list records in " + dir, new IOException(e.getMessage(), e));
        }
        TreeMap<String, T> records = new TreeMap<>();
        List<Corrupt> corrupt = new ArrayList<>();
        for (RecordFile.Read<T> read : ParallelReads.readAll(files, format)) {
            String name = read.file().getFileName().toString();
            String id = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : "";
            if (read.record() != null && ID.matcher(id).matches()) {
                records.put(id, read.record());
            } else if (!read.missing()) {
                String problem = read.record() == null ? read.problem() : "its name is not that of a record";
                Corrupt aside = RecordQuarantine.setAside(dir, read.file(), problem);
                log.error(
                        "record set aside: file={} problem=\"{}\" remedy=\"what it described is cleaned up; look at the"
                                + " file, then remove it\"",
                        aside.movedTo(),
                        aside.problem());
                corrupt.add(aside);
            }
        }
        return new LoadResult<>(records, corrupt);
    }

    private Path file(String id) {
        if (!ID.matcher(id).matches()) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT, "use record '" + id + "'", "not a valid record id: " + ID.pattern());
        }
        return dir.resolve(id + SUFFIX);
    }

    /** The text of a parser's complaint without its multi-line location. */
    static String problem(JacksonException e) {
        return e.getOriginalMessage() == null ? e.getClass().getSimpleName() : e.getOriginalMessage();
    }
}

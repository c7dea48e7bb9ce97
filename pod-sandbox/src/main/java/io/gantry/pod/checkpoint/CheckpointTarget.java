package io.gantry.pod.checkpoint;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.AtomicFiles;
import io.gantry.platform.storage.FileErrors;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;

/**
 * The file that an archive becomes. It holds all that the processes had in memory, so it is readable by root alone; it
 * appears whole, by rename(2), or not at all.
 */
public final class CheckpointTarget implements AutoCloseable {
    /** NAME_MAX of Linux file systems (limits.h(0p)). */
    private static final int MAX_NAME_BYTES = 255;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path location;
    private final Path temporary;
    private final FileChannel file;
    private final String action;
    private boolean published;

    private CheckpointTarget(Path location, Path temporary, FileChannel file, String action) {
        this.location = location;
        this.temporary = temporary;
        this.file = file;
        this.action = action;
    }

    /**
     * Refuses what can never become an archive.
     *
     * @throws GantryException INVALID_ARGUMENT when it is not absolute, has no name or is a directory; NOT_FOUND when its
     *     directory is not there
     */
    public static Path require(String location, String action) {
        if (location.isEmpty() || location.indexOf('\0') >= 0 || !location.startsWith("/")) {
            throw invalid(action, "location \"" + location.replace('\0', '?') + "\" is not an absolute path");
        }
        Path path = Path.of(location).normalize();
        Path parent = path.getParent();
        if (parent == null || location.endsWith("/")) {
            throw invalid(action, "location " + location + " does not name a file");
        }
        if (path.getFileName().toString().getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
            throw invalid(action, "the name of location " + location + " is longer than " + MAX_NAME_BYTES + " bytes");
        }
        if (Files.isDirectory(path)) {
            throw invalid(action, "location " + location + " is a directory");
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw invalid(action, "location " + location + " is there already and is no file");
        }
        if (!Files.isDirectory(parent)) {
            throw GantryException.of(ErrorKind.NOT_FOUND, action, "the directory " + parent + " is not there")
                    .withRemedy("make it first");
        }
        return path;
    }

    private static GantryException invalid(String action, String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem)
                .withRemedy("name a file by its absolute path");
    }

    /** A name for the file that an archive is written to first: short, as that of the archive may be as long as can be. */
    static Path temporary(Path location) {
        byte[] bytes = new byte[8];
        RANDOM.nextBytes(bytes);
        return location.resolveSibling(".gantry-" + HexFormat.of().formatHex(bytes) + AtomicFiles.TEMPORARY_SUFFIX);
    }

    /**
     * Makes the temporary file, so that an unwritable place is found out before any process is disturbed.
     *
     * @param temporary of {@link #temporary}
     */
    static CheckpointTarget open(Path location, Path temporary, String action) {
        try {
            FileChannel file = FileChannel.open(
                    temporary,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            return new CheckpointTarget(location, temporary, file, action);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /** Closing it does not close the target. */
    OutputStream output() {
        return Channels.newOutputStream(file);
    }

    /** Brings the archive to the disk, under its name. */
    void publish() {
        try {
            file.force(true);
            file.close();
            Files.move(temporary, location, StandardCopyOption.ATOMIC_MOVE);
            published = true;
        } catch (IOException e) {
            throw failure(e);
        }
        AtomicFiles.sync(location);
    }

    /** Why it cannot be written; which disk is full is said, for there are several. */
    GantryException failure(IOException e) {
        GantryException error = FileErrors.during(action, e);
        boolean full =
                error.problem().contains("No space left") || error.problem().contains("quota exceeded");
        return full
                ? GantryException.of(error.kind(), action, "write " + location + ": " + error.problem())
                        .withRemedy("free disk space")
                        .causedBy(e)
                : error;
    }

    /** Takes a published archive back: another one of the same pod failed. */
    void retract() {
        if (published) {
            delete(location);
        }
    }

    private void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw FileErrors.during(action + ": delete " + path, e);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        } finally {
            if (!published) {
                delete(temporary);
            }
        }
    }
}

package io.gantry.pod.checkpoint;

import io.gantry.image.pack.TarWriter;
import io.gantry.image.pack.TarWriter.Member;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.OwnThread;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import io.gantry.platform.storage.Trees;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import tools.jackson.core.exc.JacksonIOException;

/**
 * A checkpoint of one container under way: a directory named after the container, which only root can read, and the archive
 * that its files become. Closing it leaves nothing but a published archive; after {@code kill -9}, {@link #discard} does
 * the same.
 */
public final class CheckpointWork implements AutoCloseable {
    /** Where the archive is written, for who finds this directory after a crash. */
    private static final String TARGET = ".target";

    private static final String THREAD = "gantry-checkpoint";

    private static final int BUFFER_BYTES = 1 << 20;

    private final Path directory;
    private final CheckpointTarget target;
    private final String action;

    private CheckpointWork(Path directory, CheckpointTarget target, String action) {
        this.directory = directory;
        this.target = target;
        this.action = action;
    }

    /**
     * Begins one.
     *
     * @param parent where work directories are
     * @param containerId there must be no other checkpoint of it under way
     * @param location of {@link CheckpointTarget#require}
     */
    public static CheckpointWork begin(Path parent, String containerId, Path location, String action) {
        Path directory = parent.resolve(containerId);
        discard(directory);
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Path temporary = CheckpointTarget.temporary(location);
            Files.writeString(directory.resolve(TARGET), temporary.toString());
            return new CheckpointWork(directory, CheckpointTarget.open(location, temporary, action), action);
        } catch (IOException e) {
            delete(directory);
            throw FileErrors.during(action, e);
        } catch (GantryException e) {
            delete(directory);
            throw e;
        }
    }

    /** Deletes what a checkpoint that was cut short has left; nothing happens when there is none. */
    public static void discard(Path directory) {
        try {
            Path temporary = Path.of(Files.readString(directory.resolve(TARGET)));
            Files.deleteIfExists(temporary);
        } catch (NoSuchFileException e) {
            // It had not come so far.
        } catch (IOException e) {
            throw FileErrors.during("delete leftovers of checkpoint " + directory, e);
        }
        delete(directory);
    }

    /** As much as the container had in memory and had written: seconds, also when the caller is interrupted. */
    private static void delete(Path directory) {
        OwnThread.runToEnd(THREAD, () -> Trees.delete(directory));
    }

    /** Gets criu's log and statistics. */
    public Path directory() {
        return directory;
    }

    /** Gets criu's images. */
    public Path images() {
        return directory.resolve(CheckpointFiles.IMAGES);
    }

    /** Writes a document of the archive. */
    public void write(String name, Object json) {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(directory.resolve(name)))) {
            Json.mapper().writeValue(out, json);
        } catch (JacksonIOException e) {
            throw FileErrors.during(action, Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /** Opens a file of the archive for writing. */
    public OutputStream create(String name, Deadline deadline) {
        try {
            return new TimedOutput(
                    new BufferedOutputStream(
                            Files.newOutputStream(directory.resolve(name), StandardOpenOption.CREATE_NEW),
                            BUFFER_BYTES),
                    deadline,
                    action);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /**
     * Writes the archive; the files go as they are written, so that the disk does not hold everything twice. Those of criu
     * come in the order of the file system: their number is up to the container.
     *
     * @param log of the container, empty for none
     */
    public void pack(String log, Deadline deadline) throws InterruptedException {
        try (TarWriter tar = new TarWriter(
                new TimedOutput(new BufferedOutputStream(target.output(), BUFFER_BYTES), deadline, action))) {
            for (String name : List.of(CheckpointFiles.CONFIG, CheckpointFiles.SPEC)) {
                add(tar, directory.resolve(name), name);
            }
            addInside(tar, directory, "");
            Path logFile = Path.of(log);
            if (!log.isEmpty() && Files.isRegularFile(logFile, LinkOption.NOFOLLOW_LINKS)) {
                copy(tar, logFile, CheckpointFiles.LOG);
            }
        } catch (IOException e) {
            throw target.failure(e);
        }
    }

    private void addInside(TarWriter tar, Path directory, String prefix) throws IOException, InterruptedException {
        try (DirectoryStream<Path> inside = Files.newDirectoryStream(directory)) {
            for (Path path : inside) {
                add(tar, path, prefix + path.getFileName());
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private void add(TarWriter tar, Path path, String name) throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while writing a checkpoint");
        }
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            tar.begin(Member.directory(name + "/").mode(0700));
            addInside(tar, path, name + "/");
        } else if (!name.equals(TARGET) && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            copy(tar, path, name);
            Files.delete(path);
        }
    }

    private static void copy(TarWriter tar, Path path, String name) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            long left = Files.size(path);
            tar.begin(Member.file(name, left).mode(0600));
            byte[] buffer = new byte[BUFFER_BYTES];
            while (left > 0) {
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (count <= 0) {
                    throw new IOException(path + " became shorter while it was read");
                }
                tar.data(buffer, 0, count);
                left -= count;
            }
        }
    }

    /** The archive appears under its name. */
    public void publish() {
        target.publish();
    }

    /** Takes it back, since another archive of the same pod failed. */
    public void retract() {
        target.retract();
    }

    /**
     * Closes it but for the directory itself, which stays, empty: the container is frozen, and whoever finds the directory
     * lets it go on.
     */
    public void keepMark() {
        try (DirectoryStream<Path> inside = Files.newDirectoryStream(directory)) {
            target.close();
            OwnThread.runToEnd(THREAD, () -> inside.forEach(Trees::delete));
        } catch (IOException | DirectoryIteratorException e) {
            throw GantryException.of(ErrorKind.INTERNAL, action, "cannot delete what was written: " + e.getMessage())
                    .causedBy(e);
        }
    }

    @Override
    public void close() {
        try {
            target.close();
        } finally {
            delete(directory);
        }
    }
}

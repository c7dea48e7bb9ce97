package io.gantry.pod.checkpoint;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.extract.PlainArchive;
import io.gantry.image.extract.RootfsChanges;
import io.gantry.image.extract.TarException;
import io.gantry.platform.concurrent.OwnThread;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import io.gantry.platform.storage.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A checkpoint in a directory of Gantry's own, which holds nothing but files and directories. Whoever made it may not mean
 * well: nothing in it names a path that is looked up on this host.
 *
 * @param name of the container, as it was
 * @param imageRef id of its image as the archive has it, or empty
 * @param imageName name of its image, or empty
 * @param handler the runtime handler that served it, or empty
 * @param spec its OCI specification
 */
public record StagedCheckpoint(
        Path directory, String name, String imageRef, String imageName, String handler, ObjectNode spec) {
    private static final int MAX_DOCUMENT = 16 << 20;

    /** Every dump of criu has it. */
    private static final String INVENTORY = "inventory.img";

    /** Makes the directory that a checkpoint is put in. */
    public static void makeDirectory(Path directory, String action) {
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /**
     * Deletes the directory, if there is one: as much as the container had in memory and had written, so not on the caller's
     * thread. Not cut short by an interruption.
     */
    public static void discard(Path directory) {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            OwnThread.runToEnd("gantry-restore", () -> Trees.delete(directory));
        }
    }

    /**
     * Unpacks an archive.
     *
     * @param directory an empty one; left half filled on failure
     * @throws GantryException NOT_FOUND; INVALID_ARGUMENT when it is damaged, cut off, hostile or no checkpoint;
     *     RESOURCE_EXHAUSTED when the disk is full
     */
    public static StagedCheckpoint unpack(Syscalls syscalls, Path archive, Path directory, String action)
            throws InterruptedException {
        try {
            new PlainArchive(syscalls, ExtractionLimits.DEFAULT).unpack(archive, directory);
        } catch (TarException e) {
            throw invalid(action, "checkpoint archive " + archive + " cannot be used: " + e.getMessage())
                    .causedBy(e);
        } catch (IOException e) {
            GantryException error = FileErrors.during(action, e);
            throw error.kind() == ErrorKind.INTERNAL
                    ? invalid(action, "checkpoint archive " + archive + " cannot be read: " + error.problem())
                            .causedBy(e)
                    : error;
        } catch (ErrnoException e) {
            GantryException error = e.during(action);
            throw e.is(Errno.ENOSPC) || e.is(Errno.EDQUOT)
                    ? GantryException.of(
                                    error.kind(),
                                    action,
                                    "unpack checkpoint archive " + archive + " in " + directory + ": " + e.errorName())
                            .withRemedy("free disk space")
                            .causedBy(e)
                    : error;
        }
        return read(directory, "checkpoint archive " + archive, action);
    }

    /**
     * Copies a checkpoint that is the contents of an image.
     *
     * @param mounted root of the image, mounted read-only
     * @param directory an empty one; left half filled on failure
     */
    public static StagedCheckpoint copy(Path mounted, String image, Path directory, String action)
            throws InterruptedException {
        try {
            new PlainCopy("checkpoint image " + image, action).copy(mounted, directory);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
        return read(directory, "checkpoint image " + image, action);
    }

    /** One that was staged before. */
    static StagedCheckpoint read(Path directory, String source, String action) {
        ObjectNode config = document(directory, CheckpointFiles.CONFIG, source, action);
        ObjectNode spec = document(directory, CheckpointFiles.SPEC, source, action);
        Path inventory = directory.resolve(CheckpointFiles.IMAGES).resolve(INVENTORY);
        if (!Files.isRegularFile(inventory, LinkOption.NOFOLLOW_LINKS)) {
            throw invalid(
                    action,
                    source + " is no checkpoint of a container: it has no " + CheckpointFiles.IMAGES + "/" + INVENTORY);
        }
        return new StagedCheckpoint(
                directory,
                config.path("name").asString(""),
                config.path("rootfsImageRef").asString(""),
                config.path("rootfsImageName").asString(""),
                config.path("runtime").asString(""),
                spec);
    }

    /** The images that processes are restored from. */
    public Path images() {
        return directory.resolve(CheckpointFiles.IMAGES);
    }

    /**
     * Makes a fresh root file system of the same image what it was.
     *
     * @throws GantryException INVALID_ARGUMENT when the list of changes is damaged
     */
    public void applyChanges(Syscalls syscalls, Path rootfs, String action) throws InterruptedException {
        Path diff = directory.resolve(CheckpointFiles.ROOTFS_DIFF);
        RootfsChanges changes = new RootfsChanges(syscalls, ExtractionLimits.DEFAULT);
        try {
            if (Files.isRegularFile(diff, LinkOption.NOFOLLOW_LINKS)) {
                changes.unpack(diff, rootfs);
            }
            changes.delete(deleted(action), rootfs);
        } catch (ErrnoException e) {
            throw e.during(action);
        } catch (IOException e) {
            GantryException error = FileErrors.during(action, e);
            throw error.kind() == ErrorKind.INTERNAL
                    ? invalid(action, "its " + CheckpointFiles.ROOTFS_DIFF + " cannot be used: " + error.problem())
                            .causedBy(e)
                    : error;
        }
    }

    private List<String> deleted(String action) throws IOException {
        Path file = directory.resolve(CheckpointFiles.DELETED);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        List<String> paths = new ArrayList<>();
        JsonNode json = parse(file, "the checkpoint", action);
        if (!json.isArray() && !json.isNull()) {
            throw invalid(action, CheckpointFiles.DELETED + " of the checkpoint is no list");
        }
        json.forEach(path -> paths.add(path.asString("")));
        return paths;
    }

    private static ObjectNode document(Path directory, String name, String source, String action) {
        Path file = directory.resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw invalid(action, source + " is no checkpoint of a container: it has no " + name);
        }
        try {
            JsonNode json = parse(file, source, action);
            if (json instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
        throw invalid(action, name + " of " + source + " is not a JSON object");
    }

    private static JsonNode parse(Path file, String source, String action) throws IOException {
        if (Files.size(file) > MAX_DOCUMENT) {
            throw invalid(action, file.getFileName() + " of " + source + " is larger than " + MAX_DOCUMENT + " bytes");
        }
        try {
            return Json.mapper().readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw invalid(action, file.getFileName() + " of " + source + " is not JSON: " + e.getOriginalMessage())
                    .causedBy(e);
        }
    }

    private static GantryException invalid(String action, String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem);
    }
}

package io.gantry.pod.monitor;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;

/**
 * The files in which conmon leaves exit codes: one a container, named after it, the code in decimal (conmon(8), {@code
 * --exit-dir}). They are the only source of an exit code.
 */
public final class ExitFiles {
    /**
     * What a container left behind.
     *
     * @param code 0 to 255
     * @param at when conmon wrote the file
     */
    public record Exit(int code, Instant at) {}

    private final Path directory;

    public ExitFiles(Path directory) {
        this.directory = directory;
    }

    public Path directory() {
        return directory;
    }

    /** The exit of that container, if conmon has written it; conmon renames the file into place, so it is whole. */
    public Optional<Exit> read(String containerId) {
        Path file = directory.resolve(containerId);
        try {
            String text = Files.readString(file).strip();
            Instant at = Files.readAttributes(file, BasicFileAttributes.class)
                    .lastModifiedTime()
                    .toInstant();
            return Optional.of(new Exit(code(text), at));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "read exit code of container " + containerId, e.toString())
                    .causedBy(e);
        }
    }

    /** conmon writes -1 for an end that it does not understand. */
    private static int code(String text) {
        try {
            return Integer.parseInt(text) & 0xff;
        } catch (NumberFormatException e) {
            return 255;
        }
    }

    /** Forgets a container's exit; nothing happens when there is none. */
    public void remove(String containerId) {
        try {
            Files.deleteIfExists(directory.resolve(containerId));
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "remove exit file of container " + containerId, e.toString())
                    .causedBy(e);
        }
    }
}

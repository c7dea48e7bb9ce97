package io.gantry.platform.storage;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Whole directory trees. */
public final class Trees {
    private Trees() {}

    /**
     * Deletes a file or directory with all below it; links are deleted, not followed. Nothing happens when it is not there.
     * Mounts below it must have been unmounted.
     *
     * @throws io.gantry.platform.error.GantryException when something could not be deleted; the rest may be gone
     */
    public static void delete(Path tree) {
        try {
            Files.walkFileTree(tree, new Deleter());
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw FileErrors.during("delete " + tree, e);
        }
    }

    private static final class Deleter extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) throws IOException {
            if (problem instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw problem;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException problem) throws IOException {
            if (problem != null) {
                throw problem;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}

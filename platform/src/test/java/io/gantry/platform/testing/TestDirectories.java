package io.gantry.platform.testing;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * A directory for one test that is removed with everything in it, mounts first. JUnit's {@code @TempDir} fails on what is
 * mounted. To be used as a resource of {@code try} or closed after each test.
 */
public final class TestDirectories implements AutoCloseable {
    private final Path root;

    private TestDirectories(Path root) {
        this.root = root;
    }

    /** Makes a directory in the system's temporary one, with a short path, so that Unix sockets fit. */
    public static TestDirectories create() {
        try {
            return new TestDirectories(Files.createTempDirectory("gantry").toRealPath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path root() {
        return root;
    }

    /** A directory below the root, made with its parents when missing. */
    public Path dir(String name) {
        try {
            return Files.createDirectories(root.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file below the root with this text, its parents made when missing. */
    public Path file(String name, String text) {
        try {
            Path file = root.resolve(name);
            Path parent = file.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        new Mounts(JnaSyscalls.instance()).unmountAll(root);
        try {
            deleteTree(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}

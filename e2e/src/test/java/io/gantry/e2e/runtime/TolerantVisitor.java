package io.gantry.e2e.runtime;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;

/** Walks a tree that others change meanwhile: what is gone when its turn comes is passed over. */
final class TolerantVisitor extends SimpleFileVisitor<Path> {
    private final Consumer<Path> seen;

    TolerantVisitor(Consumer<Path> seen) {
        this.seen = seen;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
        seen.accept(directory);
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        seen.accept(file);
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException problem) {
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException problem) {
        return FileVisitResult.CONTINUE;
    }
}

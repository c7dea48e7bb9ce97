package io.gantry.image.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Files in an OCI image layout directory. */
record DirectoryFiles(Path directory) implements ArchiveFiles {
    private @Nullable Path file(String name) {
        Path file = directory.resolve(name).normalize();
        return file.startsWith(directory.normalize()) && Files.isRegularFile(file) ? file : null;
    }

    @Override
    public @Nullable InputStream open(String name) throws IOException {
        Path file = file(name);
        return file == null ? null : Files.newInputStream(file);
    }

    @Override
    public long size(String name) throws IOException {
        Path file = file(name);
        return file == null ? -1 : Files.size(file);
    }

    @Override
    public void close() {}
}

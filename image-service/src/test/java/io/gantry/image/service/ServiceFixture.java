package io.gantry.image.service;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.reference.Platform;
import io.gantry.image.testing.MemoryRegistry;
import io.gantry.image.tree.TreeRemover;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An image service on directories of its own, over a registry in memory unless told otherwise. */
final class ServiceFixture implements AutoCloseable {
    final TestDirectories directories = TestDirectories.create();
    final MemoryRegistry registry = new MemoryRegistry();
    final Path root = directories.dir("root");
    final Mounts mounts = new Mounts(JnaSyscalls.instance());
    ImageServiceConfig config = config(ExtractionLimits.DEFAULT, List.of(), 4);
    ImageService service = open();

    ImageServiceConfig config(ExtractionLimits limits, List<String> pinned, int maxTransfers) {
        return new ImageServiceConfig(
                root,
                directories.root().resolve("certs.d"),
                Platform.of("linux", "amd64", null),
                pinned,
                maxTransfers,
                ImageServiceConfig.DEFAULT_PULL_MEMORY,
                4,
                false,
                limits,
                Duration.ofSeconds(60),
                Duration.ofHours(1),
                Duration.ofHours(1),
                true);
    }

    ImageService open() {
        return ImageService.open(config, JnaSyscalls.instance(), mounts, (reference, _) -> registry.source(reference));
    }

    /** Another process on the same directories, the first one gone. */
    void restart() {
        service.close();
        service = open();
    }

    Path mountPoint(String name) {
        return directories.root().resolve("mnt").resolve(name);
    }

    /** Names in one of the service's directories. */
    List<String> names(String directory) {
        try (var children = Files.list(root.resolve(directory))) {
            return children.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        service.close();
        mounts.unmountAll(directories.root());
        new TreeRemover(JnaSyscalls.instance()).remove(directories.root());
    }
}

package io.gantry.e2e.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Builds every test image and leaves a directory that a registry can serve: {@code storage/} (the registry's own),
 * {@code images.tsv} (what is in it) and {@code docker-registry} (the program). The directory appears at once or not
 * at all.
 */
public final class BuildTestImages {
    private BuildTestImages() {}

    /** Arguments: a root with the unpacked Debian packages (busybox, nginx, docker-registry), the target directory. */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 2) {
            throw new IllegalArgumentException("usage: BuildTestImages PACKAGES TARGET");
        }
        Path packages = Path.of(args[0]).toAbsolutePath();
        Path target = Path.of(args[1]).toAbsolutePath();
        Files.createDirectories(target.getParent());
        Path work = Files.createTempDirectory("gantry-images");
        Path result = Files.createTempDirectory(target.getParent(), ".building");
        try {
            Path program = packages.resolve("usr/bin/docker-registry");
            Files.copy(program, result.resolve("docker-registry"), StandardCopyOption.COPY_ATTRIBUTES);
            List<String> lines = new ArrayList<>();
            try (LocalRegistry registry = LocalRegistry.start(program, result.resolve("storage"), true)) {
                RegistryPush push = new RegistryPush(registry.address());
                for (TestImage image : new Catalog(work, packages).build()) {
                    push.push(image).forEach(pushed -> lines.add(pushed.toLine()));
                }
            }
            Files.write(result.resolve("images.tsv"), lines);
            Files.setAttribute(result, "unix:mode", 0755);
            deleteTree(target);
            Files.move(result, target);
        } finally {
            deleteTree(work);
            deleteTree(result);
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}

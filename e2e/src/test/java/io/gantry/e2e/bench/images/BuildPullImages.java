package io.gantry.e2e.bench.images;

import io.gantry.e2e.images.LocalRegistry;
import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Makes the images of the pull benchmark and leaves a registry's storage directory. It appears at once or not at all.
 */
public final class BuildPullImages {
    private BuildPullImages() {}

    /** Arguments: the registry program, the target directory. */
    public static void main(String[] args) throws IOException, InterruptedException, ExecutionException {
        if (args.length != 2) {
            throw new IllegalArgumentException("usage: BuildPullImages REGISTRY TARGET");
        }
        Path target = Path.of(args[1]).toAbsolutePath();
        Files.createDirectories(target.getParent());
        Path work = Files.createTempDirectory(target.getParent(), ".packing");
        Path result = Files.createTempDirectory(target.getParent(), ".building");
        try (LocalRegistry registry = LocalRegistry.start(Path.of(args[0]), result.resolve("storage"), true)) {
            List<PullImage> images = new ArrayList<>(PullImage.single());
            images.addAll(PullImage.many());
            Upload upload = new Upload(registry.address());
            try (ExecutorService workers =
                    Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
                for (PullImage image : images) {
                    List<Future<PackedLayer>> packing = image.layers().stream()
                            .map(seed -> workers.submit(() -> PackedLayer.pack(image, seed, work)))
                            .toList();
                    List<PackedLayer> layers = new ArrayList<>();
                    for (Future<PackedLayer> layer : packing) {
                        layers.add(layer.get());
                    }
                    upload.image(image, layers);
                    for (PackedLayer layer : layers) {
                        Files.delete(layer.blob());
                    }
                }
            }
            Files.setAttribute(result, "unix:mode", 0755);
            Command.of("rm", "-rf", target).run();
            Files.move(result, target);
        } finally {
            Command.of("rm", "-rf", work, result).run();
        }
    }
}

package io.gantry.cri.cli;

import io.gantry.cri.local.LocalImages;
import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.LayerProgress;
import io.gantry.image.progress.PullProgress;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.service.Image;
import io.gantry.image.service.PullRequest;
import io.gantry.image.verify.LayerVerdict;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The store itself, while no daemon runs. */
record LocalStore(LocalImages local) implements ImageStore {
    private static final Duration UPDATES = Duration.ofMillis(150);

    @Override
    public String pull(String image, @Nullable RegistryCredentials credentials, Consumer<List<LayerProgress>> progress)
            throws InterruptedException {
        Thread[] ticker = new Thread[1];
        try {
            return local.images()
                    .pull(
                            new PullRequest(image, credentials, Map.of(), null),
                            watched -> ticker[0] =
                                    Thread.ofVirtual().name("pull-progress").start(() -> tell(watched, progress)))
                    .id();
        } finally {
            if (ticker[0] != null) {
                ticker[0].interrupt();
                ticker[0].join();
            }
        }
    }

    private static void tell(PullProgress watched, Consumer<List<LayerProgress>> progress) {
        try {
            while (true) {
                progress.accept(watched.layers());
                Thread.sleep(UPDATES);
            }
        } catch (InterruptedException _) {
            progress.accept(watched.layers());
        }
    }

    private static List<Imported> imported(List<Image> images) {
        return images.stream()
                .map(image -> new Imported(image.id(), image.repoTags()))
                .toList();
    }

    @Override
    public List<Imported> importPath(Path archive, @Nullable String name) throws InterruptedException {
        return imported(local.images().importArchive(archive, name));
    }

    @Override
    public List<Imported> importStream(InputStream archive, @Nullable String name) throws InterruptedException {
        return imported(local.images().importArchive(archive, "standard input", name));
    }

    @Override
    public List<Imported> loadFromDocker(Path socket, List<String> names) throws InterruptedException {
        return imported(local.images().loadFromDocker(socket, names));
    }

    @Override
    public List<ExportedImage> export(List<String> images, ArchiveFormat format, OutputStream out)
            throws InterruptedException {
        return local.images().exportArchive(images, format, out);
    }

    @Override
    public void verify(boolean repair, Consumer<LayerVerdict> report) throws InterruptedException {
        var unused = local.images().verify(repair, report);
    }

    @Override
    public void close() {
        local.close();
    }
}

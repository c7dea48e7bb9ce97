package io.gantry.cri.cli;

import io.gantry.cri.local.LocalImages;
import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.LayerProgress;
import io.gantry.image.progress.ProgressTicker;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.service.Image;
import io.gantry.image.service.PullRequest;
import io.gantry.image.verify.LayerVerdict;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The store itself, while no daemon runs. */
record LocalStore(LocalImages local) implements ImageStore {
    @Override
    public String pull(String image, @Nullable RegistryCredentials credentials, Consumer<List<LayerProgress>> progress)
            throws InterruptedException {
        try (ProgressTicker ticker = new ProgressTicker(progress)) {
            return local.images()
                    .pull(new PullRequest(image, credentials, Map.of(), null), ticker::watch)
                    .id();
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

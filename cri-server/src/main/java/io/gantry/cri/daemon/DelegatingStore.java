package io.gantry.cri.daemon;

import io.gantry.cri.image.StoreOperations;
import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.PullProgress;
import io.gantry.image.service.Image;
import io.gantry.image.service.ImageService;
import io.gantry.image.service.PullRequest;
import io.gantry.image.service.PullResult;
import io.gantry.image.verify.LayerVerdict;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The store of images of this node. */
record DelegatingStore(ImageService images) implements StoreOperations {
    @Override
    public PullResult pull(PullRequest request, Consumer<PullProgress> watcher) throws InterruptedException {
        return images.pull(request, watcher);
    }

    @Override
    public List<Image> importArchive(Path archive, @Nullable String name) throws InterruptedException {
        return images.importArchive(archive, name);
    }

    @Override
    public List<Image> importArchive(InputStream archive, String origin, @Nullable String name)
            throws InterruptedException {
        return images.importArchive(archive, origin, name);
    }

    @Override
    public List<Image> loadFromDocker(Path socket, List<String> names) throws InterruptedException {
        return images.loadFromDocker(socket, names);
    }

    @Override
    public List<ExportedImage> exportArchive(List<String> names, ArchiveFormat format, OutputStream out)
            throws InterruptedException {
        return images.exportArchive(names, format, out);
    }

    @Override
    public List<LayerVerdict> verify(boolean repair, Consumer<LayerVerdict> report) throws InterruptedException {
        return images.verify(repair, report);
    }
}

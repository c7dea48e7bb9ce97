package io.gantry.cri.image;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.PullProgress;
import io.gantry.image.service.Image;
import io.gantry.image.service.PullRequest;
import io.gantry.image.service.PullResult;
import io.gantry.image.verify.LayerVerdict;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What Gantry's own image calls need; the contract is that of {@link io.gantry.image.service.ImageService}. */
public interface StoreOperations {
    PullResult pull(PullRequest request, Consumer<PullProgress> watcher) throws InterruptedException;

    List<Image> importArchive(Path archive, @Nullable String name) throws InterruptedException;

    List<Image> importArchive(InputStream archive, String origin, @Nullable String name) throws InterruptedException;

    List<Image> loadFromDocker(Path socket, List<String> names) throws InterruptedException;

    List<ExportedImage> exportArchive(List<String> images, ArchiveFormat format, OutputStream out)
            throws InterruptedException;

    List<LayerVerdict> verify(boolean repair, Consumer<LayerVerdict> report) throws InterruptedException;
}

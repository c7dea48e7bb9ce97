package io.gantry.cri.image;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.PullProgress;
import io.gantry.image.service.Image;
import io.gantry.image.service.PullRequest;
import io.gantry.image.service.PullResult;
import io.gantry.image.verify.LayerVerdict;
import io.gantry.pod.activity.Subject;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pulls of {@link FakeImages}; archives need a real store. */
public record FakeStore(FakeImages images) implements StoreOperations {
    @Override
    public PullResult pull(PullRequest request, Consumer<PullProgress> watcher) {
        watcher.accept(new PullProgress());
        return images.pull(request, new Subject("", "", "", "", ""));
    }

    @Override
    public List<Image> importArchive(Path archive, @Nullable String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Image> importArchive(InputStream archive, String origin, @Nullable String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Image> loadFromDocker(Path socket, List<String> names) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<ExportedImage> exportArchive(List<String> names, ArchiveFormat format, OutputStream out) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<LayerVerdict> verify(boolean repair, Consumer<LayerVerdict> report) {
        throw new UnsupportedOperationException();
    }
}

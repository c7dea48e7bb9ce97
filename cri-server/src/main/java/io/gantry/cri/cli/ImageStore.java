package io.gantry.cri.cli;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.LayerProgress;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.verify.LayerVerdict;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The images of this node, through the daemon or without one. */
interface ImageStore extends AutoCloseable {
    /** An image that was brought in. */
    record Imported(String id, List<String> names) {
        public Imported {
            names = List.copyOf(names);
        }
    }

    /**
     * Pulls an image and gives its id.
     *
     * @param progress hears several times a second how far it is, on any thread
     */
    String pull(String image, @Nullable RegistryCredentials credentials, Consumer<List<LayerProgress>> progress)
            throws InterruptedException;

    List<Imported> importPath(Path archive, @Nullable String name) throws InterruptedException;

    List<Imported> importStream(InputStream archive, @Nullable String name) throws InterruptedException;

    List<Imported> loadFromDocker(Path socket, List<String> names) throws InterruptedException;

    List<ExportedImage> export(List<String> images, ArchiveFormat format, OutputStream out) throws InterruptedException;

    void verify(boolean repair, Consumer<LayerVerdict> report) throws InterruptedException;

    @Override
    void close();
}

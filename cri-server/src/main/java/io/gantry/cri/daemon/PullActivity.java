package io.gantry.cri.daemon;

import io.gantry.image.progress.LayerProgress;
import io.gantry.image.progress.PullProgress;
import java.util.List;
import java.util.Locale;

/** Says in words how far a pull is. */
final class PullActivity {
    private PullActivity() {}

    /** As in "it waits for …". */
    static String describe(String image, PullProgress progress) {
        List<LayerProgress> layers = progress.layers();
        if (layers.isEmpty()) {
            return "the registry to tell what is in " + image;
        }
        long complete = layers.stream()
                .filter(layer -> layer.state() == LayerProgress.State.RECEIVED)
                .count();
        long received = layers.stream().mapToLong(LayerProgress::received).sum();
        long size = layers.stream().mapToLong(LayerProgress::size).sum();
        return String.format(
                Locale.ROOT,
                "layers of %s: %d of %d are there, %.1f of %.1f MB",
                image,
                complete,
                layers.size(),
                received / 1e6,
                size / 1e6);
    }
}

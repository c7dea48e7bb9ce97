package io.gantry.e2e.kubelet;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What differs between one start of a kubelet and another.
 *
 * @param kubeconfig the API server's, where there is one
 * @param imageGcHigh percent of the disk in use from which unused images are removed
 * @param imageGcLow percent of the disk in use down to which they are removed
 */
record KubeletOptions(Optional<Path> kubeconfig, int imageGcHigh, int imageGcLow) {
    /** No API server, and images are never collected. */
    static KubeletOptions standalone() {
        return new KubeletOptions(Optional.empty(), 100, 99);
    }

    static KubeletOptions cluster(Path kubeconfig) {
        return new KubeletOptions(Optional.of(kubeconfig), 100, 99);
    }

    /** Every image that nobody uses is collected at once, however empty the disk is. */
    KubeletOptions collectingImages() {
        return new KubeletOptions(kubeconfig, 1, 0);
    }
}

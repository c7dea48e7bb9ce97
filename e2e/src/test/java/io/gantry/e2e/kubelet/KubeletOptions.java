package io.gantry.e2e.kubelet;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What differs between one start of a kubelet and another.
 *
 * @param kubeconfig the API server's, where there is one
 * @param diskPressure whether the kubelet takes the disk for full, however empty it is
 */
record KubeletOptions(Optional<Path> kubeconfig, boolean diskPressure) {
    static KubeletOptions standalone() {
        return new KubeletOptions(Optional.empty(), false);
    }

    static KubeletOptions cluster(Path kubeconfig) {
        return new KubeletOptions(Optional.of(kubeconfig), false);
    }

    /** What nobody uses is collected at once; static pods are too important to be evicted. */
    KubeletOptions underDiskPressure() {
        return new KubeletOptions(kubeconfig, true);
    }

    /** The space on disk below which the kubelet collects. */
    String leastFreeDisk() {
        return diskPressure ? "99.99%" : "0%";
    }
}

package io.gantry.pod.stats;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.state.PodSandbox;
import java.util.List;

/**
 * Interfaces of a pod, as {@code /proc} shows them for its pause process: without entering the pod's namespace.
 *
 * @param proc where procfs is mounted
 */
record PodNetworkReader(String proc) {
    /** Empty with the host's network, whose figures are not the pod's, and when the process is gone. */
    List<NetworkInterface> interfaces(KernelFiles files, PodSandbox sandbox) {
        ProcessIdentity pause = sandbox.pause();
        if (pause == null || !sandbox.isReady() || sandbox.config().usesHostNetwork()) {
            return List.of();
        }
        List<NetworkInterface> interfaces =
                NetworkInterface.parse(files.text(proc + "/" + pause.pid() + "/net/dev"));
        // Asked afterwards: until now the number cannot have gone to another process.
        return pause.exists() ? interfaces : List.of();
    }
}

package io.gantry.pod.stats;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Interfaces of a pod, as {@code /proc} shows them for its pause process: without entering the pod's namespace.
 *
 * @param proc where procfs is mounted
 */
record PodNetworkReader(String proc) {
    /**
     * Empty with the host's network, whose figures are not the pod's, and when the process is gone.
     *
     * @param processes pids in the sandbox's cgroup, read not long before, one a line
     */
    List<NetworkInterface> interfaces(KernelFiles files, PodSandbox sandbox, @Nullable String processes) {
        ProcessIdentity pause = sandbox.pause();
        if (pause == null || !sandbox.isReady() || sandbox.config().usesHostNetwork()) {
            return List.of();
        }
        List<NetworkInterface> interfaces = NetworkInterface.parse(files.text(proc + "/" + pause.pid() + "/net/dev"));
        // No other process of that number is in the cgroup. Where pids cannot be seen, the process is asked for, after
        // the
        // reading: until then the number cannot have gone to another.
        boolean seen = processes != null && ("\n" + processes).contains("\n" + pause.pid() + "\n");
        return seen || pause.exists() ? interfaces : List.of();
    }
}

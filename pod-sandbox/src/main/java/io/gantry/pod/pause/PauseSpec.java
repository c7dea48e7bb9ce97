package io.gantry.pod.pause;

import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.UserNamespace;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the pause process of one pod shall be.
 *
 * @param label stands in the process's command line, for people who read {@code ps}; {@code namespace/name} of the pod
 * @param newNetwork whether the pod gets a network namespace of its own, else it shares the daemon's; likewise the next three
 * @param uids mappings of a user namespace, both lists empty for the daemon's; one of each must start at 0 inside
 * @param hostname null leaves the one that is there
 * @param sysctls of the pod's own namespaces only, key to value, in either notation of sysctl(8); set in order of keys
 * @param cgroupProcs the {@code cgroup.procs} file of each cgroup to join
 * @param oomScoreAdj -1000 to 1000, null leaves the daemon's; raised to what is permitted where the daemon may not lower it
 */
public record PauseSpec(
        String label,
        boolean newNetwork,
        boolean newIpc,
        boolean newUts,
        boolean newPid,
        List<IdMapping> uids,
        List<IdMapping> gids,
        @Nullable String hostname,
        SortedMap<String, String> sysctls,
        List<Path> cgroupProcs,
        @Nullable Integer oomScoreAdj) {
    /** So low that the kernel takes any container first; the value that the kubelet gives its own helpers. */
    public static final int OOM_SCORE_ADJ = -998;

    public PauseSpec {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
        sysctls = Collections.unmodifiableSortedMap(new TreeMap<>(sysctls));
        cgroupProcs = List.copyOf(cgroupProcs);
    }

    /**
     * The pause process of a pod. The UTS namespace goes with the network (api.proto NamespaceOption has none for it), and
     * a PID namespace is made only where the containers share it.
     *
     * @param hostname the pod's, empty to leave the one that is there; not used where the pod shares the host's network
     * @param cgroupProcs the {@code cgroup.procs} file of each cgroup to join
     */
    public static PauseSpec of(PodSandboxConfig config, String hostname, List<Path> cgroupProcs) {
        NamespaceOptions namespaces = config.security().namespaces();
        boolean ownNetwork = !config.usesHostNetwork();
        UserNamespace user = namespaces.usesUserNamespace() ? namespaces.user() : null;
        return new PauseSpec(
                config.metadata().display(),
                ownNetwork,
                namespaces.ipc() != NamespaceMode.NODE,
                ownNetwork,
                config.sharesPidNamespace(),
                user == null ? List.of() : user.uids(),
                user == null ? List.of() : user.gids(),
                ownNetwork && !hostname.isEmpty() ? hostname : null,
                new TreeMap<>(config.sysctls()),
                cgroupProcs,
                OOM_SCORE_ADJ);
    }
}

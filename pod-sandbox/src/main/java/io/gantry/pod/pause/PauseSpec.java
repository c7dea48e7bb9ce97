package io.gantry.pod.pause;

import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.UserNamespace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a pause process is to be.
 *
 * @param newNet whether the pod has a network namespace, and with it a host name, of its own
 * @param newIpc whether it has an IPC namespace of its own
 * @param newPid whether its containers share a PID namespace that the pause process is PID 1 of
 * @param uids mappings of its user namespace; empty for the host's
 * @param hostname set where the pod has its own
 * @param sysctls set in the pod's namespaces
 * @param cgroupProcs files to which the pid is written to enter the sandbox's cgroup
 * @param id sandbox id, seen in the arguments of the process
 */
public record PauseSpec(
        boolean newNet,
        boolean newIpc,
        boolean newPid,
        List<IdMapping> uids,
        List<IdMapping> gids,
        String hostname,
        Map<String, String> sysctls,
        List<Path> cgroupProcs,
        int oomScoreAdj,
        String id) {
    /** The kernel should take any container before the process that holds the pod together, as peers do. */
    private static final int OOM_SCORE_ADJ = -998;

    public PauseSpec {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
        sysctls = new TreeMap<>(sysctls);
        cgroupProcs = List.copyOf(cgroupProcs);
    }

    public static PauseSpec of(String id, PodSandboxConfig config, String hostname, List<Path> cgroupProcs) {
        NamespaceOptions namespaces = config.security().namespaces();
        UserNamespace user = namespaces.user();
        boolean ownUsers = user != null && namespaces.usesUserNamespace();
        return new PauseSpec(
                namespaces.network() != NamespaceMode.NODE,
                namespaces.ipc() != NamespaceMode.NODE,
                namespaces.pid() == NamespaceMode.POD,
                ownUsers && user != null ? user.uids() : List.of(),
                ownUsers && user != null ? user.gids() : List.of(),
                hostname,
                config.sysctls(),
                cgroupProcs,
                OOM_SCORE_ADJ,
                id);
    }
}

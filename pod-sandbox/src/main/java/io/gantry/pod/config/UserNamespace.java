package io.gantry.pod.config;

import java.util.List;

/** The user namespace of a pod: POD with its mappings, or NODE for the host's. */
public record UserNamespace(NamespaceMode mode, List<IdMapping> uids, List<IdMapping> gids) {
    public UserNamespace {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }
}

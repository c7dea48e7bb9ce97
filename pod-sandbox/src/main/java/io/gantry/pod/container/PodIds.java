package io.gantry.pod.container;

import io.gantry.image.service.RootfsOptions;
import io.gantry.image.snapshot.IdMap;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.UserNamespace;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whose ids the files of a container's root file system and image volumes show. */
final class PodIds {
    private PodIds() {}

    static RootfsOptions rootfsOptions(PodSandbox sandbox, PodNamespaces namespaces) {
        IdMap map = map(sandbox, namespaces);
        return map == null ? RootfsOptions.WRITABLE : RootfsOptions.mapped(map);
    }

    /** The ids of a pod's user namespace, null when it has the host's. */
    static @Nullable IdMap map(PodSandbox sandbox, PodNamespaces namespaces) {
        UserNamespace user = sandbox.config().security().namespaces().user();
        if (user == null || user.mode() != NamespaceMode.POD) {
            return null;
        }
        return new IdMap(
                namespaces.path(sandbox.id(), PodNamespaces.Kind.USER), ranges(user.uids()), ranges(user.gids()));
    }

    /** The host's id of a user of the pod; one that the pod does not have stays as it is. */
    static long hostUser(PodSandbox sandbox, long user) {
        UserNamespace namespace = sandbox.config().security().namespaces().user();
        return namespace == null || namespace.mode() != NamespaceMode.POD ? user : host(namespace.uids(), user);
    }

    /** The same for a group. */
    static long hostGroup(PodSandbox sandbox, long group) {
        UserNamespace namespace = sandbox.config().security().namespaces().user();
        return namespace == null || namespace.mode() != NamespaceMode.POD ? group : host(namespace.gids(), group);
    }

    private static long host(List<IdMapping> mappings, long id) {
        for (IdMapping mapping : mappings) {
            if (id >= mapping.containerId() && id < mapping.containerId() + mapping.length()) {
                return mapping.hostId() + id - mapping.containerId();
            }
        }
        return id;
    }

    private static List<IdMap.Range> ranges(List<IdMapping> mappings) {
        return mappings.stream()
                .map(mapping -> new IdMap.Range(mapping.containerId(), mapping.hostId(), mapping.length()))
                .toList();
    }
}

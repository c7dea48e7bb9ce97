package io.gantry.pod.container;

import io.gantry.image.service.RootfsOptions;
import io.gantry.image.snapshot.IdMap;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.UserNamespace;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.state.PodSandbox;
import java.util.List;

/** Whose ids the files of a container's root file system show. */
final class PodIds {
    private PodIds() {}

    static RootfsOptions rootfsOptions(PodSandbox sandbox, PodNamespaces namespaces) {
        UserNamespace user = sandbox.config().security().namespaces().user();
        if (user == null || !sandbox.config().security().namespaces().usesUserNamespace()) {
            return RootfsOptions.WRITABLE;
        }
        return RootfsOptions.mapped(new IdMap(
                namespaces.path(sandbox.id(), PodNamespaces.Kind.USER), ranges(user.uids()), ranges(user.gids())));
    }

    private static List<IdMap.Range> ranges(List<IdMapping> mappings) {
        return mappings.stream()
                .map(mapping -> new IdMap.Range(mapping.containerId(), mapping.hostId(), mapping.length()))
                .toList();
    }
}

package io.gantry.pod.container;

import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.namespace.PodNamespaces.Kind;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodSandbox;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the namespaces and files are that the containers of a sandbox share. */
final class PodShares {
    private PodShares() {}

    static io.gantry.pod.spec.PodPaths of(PodSandbox sandbox, PodNamespaces namespaces, PodPaths paths) {
        NamespaceOptions options = sandbox.config().security().namespaces();
        Set<Kind> owned = PodNamespaces.ownedBy(options);
        String id = sandbox.id();
        return new io.gantry.pod.spec.PodPaths(
                pinned(owned, Kind.NET, id, namespaces),
                pinned(owned, Kind.IPC, id, namespaces),
                pinned(owned, Kind.UTS, id, namespaces),
                pinned(owned, Kind.PID, id, namespaces),
                pinned(owned, Kind.USER, id, namespaces),
                paths.resolvConf(id),
                paths.hostname(id),
                options.ipc() == NamespaceMode.NODE ? null : paths.shm(id));
    }

    private static @Nullable Path pinned(Set<Kind> owned, Kind kind, String id, PodNamespaces namespaces) {
        return owned.contains(kind) ? namespaces.path(id, kind) : null;
    }
}

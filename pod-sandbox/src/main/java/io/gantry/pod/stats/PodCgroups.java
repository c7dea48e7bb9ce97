package io.gantry.pod.stats;

import io.gantry.pod.state.PodSandbox;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which cgroup counts for a whole pod: the parent that the caller named, when no other pod is in it. Without one a pod's
 * figures are the sums of its parts.
 */
final class PodCgroups {
    /** By parent: the only pod in it, or empty for several. */
    private final Map<String, String> owners = new HashMap<>();

    PodCgroups(Collection<PodSandbox> sandboxes) {
        for (PodSandbox sandbox : sandboxes) {
            String pod = sandbox.config().metadata().uid();
            owners.merge(parent(sandbox), pod, (one, other) -> one.equals(other) ? one : "");
        }
    }

    /** The pod's own cgroup, or null. */
    @Nullable
    String of(PodSandbox sandbox) {
        String parent = parent(sandbox);
        boolean named = !sandbox.config().cgroupParent().isEmpty() && parent.length() > 1;
        return named && sandbox.config().metadata().uid().equals(owners.get(parent)) ? parent : null;
    }

    private static String parent(PodSandbox sandbox) {
        return sandbox.cgroup().substring(0, Math.max(0, sandbox.cgroup().lastIndexOf('/')));
    }
}

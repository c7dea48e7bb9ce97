package io.gantry.cri.translate;

import java.util.List;

/**
 * What Status tells about this node.
 *
 * @param runtime whether containers can be run
 * @param network whether pods can get a network
 * @param handlers runtime handlers that work here
 */
public record NodeStatus(Condition runtime, Condition network, List<Handler> handlers) {
    /**
     * Whether something is ready.
     *
     * @param reason one word in CamelCase, empty when ready
     * @param message for people, empty when ready
     */
    public record Condition(boolean ready, String reason, String message) {
        /** Nothing to complain about. */
        public static final Condition READY = new Condition(true, "", "");
    }

    /**
     * A runtime handler.
     *
     * @param isDefault whether pods without a RuntimeClass get it
     * @param recursiveReadOnlyMounts whether it can mount recursively read-only
     * @param userNamespaces whether it can run pods in user namespaces with id-mapped mounts
     */
    public record Handler(String name, boolean isDefault, boolean recursiveReadOnlyMounts, boolean userNamespaces) {}

    public NodeStatus {
        handlers = List.copyOf(handlers);
    }
}

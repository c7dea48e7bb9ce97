package io.gantry.pod.config;

import org.jspecify.annotations.Nullable;

/**
 * Whose namespaces are used (api.proto NamespaceOption).
 *
 * @param targetId container id whose PID namespace is joined when {@code pid} is TARGET, else empty
 * @param user null when the caller said nothing: the host's user namespace
 */
public record NamespaceOptions(
        NamespaceMode network,
        NamespaceMode pid,
        NamespaceMode ipc,
        String targetId,
        @Nullable UserNamespace user) {
    /** Pod network and IPC, a PID namespace for each container. */
    public static final NamespaceOptions DEFAULT =
            new NamespaceOptions(NamespaceMode.POD, NamespaceMode.CONTAINER, NamespaceMode.POD, "", null);

    public boolean usesUserNamespace() {
        return user != null && user.mode() == NamespaceMode.POD;
    }
}

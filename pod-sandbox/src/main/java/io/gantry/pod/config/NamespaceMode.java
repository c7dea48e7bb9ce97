package io.gantry.pod.config;

/** Whose namespace a container gets (api.proto NamespaceMode). */
public enum NamespaceMode {
    /** The pod's, shared by its containers. */
    POD,
    /** One of its own. */
    CONTAINER,
    /** The host's. */
    NODE,
    /** That of the container named as target. */
    TARGET
}

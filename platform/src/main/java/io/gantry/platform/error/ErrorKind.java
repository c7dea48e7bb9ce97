package io.gantry.platform.error;

/** What kind of failure an error is; the CRI edge maps each kind to exactly one gRPC status code. */
public enum ErrorKind {
    /** The request can never succeed as it stands, whatever the state of the node. */
    INVALID_ARGUMENT,
    /** The named sandbox, container, image, handler or file does not exist. */
    NOT_FOUND,
    /** Something else already has this name. */
    ALREADY_EXISTS,
    /** The request is well-formed but not allowed in the present state. */
    FAILED_PRECONDITION,
    /** A part that Gantry needs (registry, CNI plugin, network) does not answer; a later try may succeed. */
    UNAVAILABLE,
    /** The caller's or the operation's own time ran out. */
    DEADLINE_EXCEEDED,
    /** The caller gave up. */
    CANCELLED,
    /** Credentials are missing or were refused. */
    UNAUTHENTICATED,
    /** The node or a registry forbids it. */
    PERMISSION_DENIED,
    /** Disk, memory, descriptors or a configured limit ran out. */
    RESOURCE_EXHAUSTED,
    /** Stored or received bytes are not what they must be. */
    DATA_LOSS,
    /** Gantry does not have this feature. */
    UNIMPLEMENTED,
    /** A defect of Gantry or a failure nobody classified. */
    INTERNAL
}

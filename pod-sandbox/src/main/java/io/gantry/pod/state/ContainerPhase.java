package io.gantry.pod.state;

/**
 * Where a container is in its life.
 *
 * <pre>
 * CREATING --> CREATED --> RUNNING --> EXITED --> (removed)
 *                 |                      ^
 *                 +----------------------+
 * </pre>
 *
 * A container found CREATING after a restart was never handed out and is undone.
 */
public enum ContainerPhase {
    CREATING,
    CREATED,
    RUNNING,
    EXITED
}

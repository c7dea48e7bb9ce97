package io.gantry.pod.state;

/**
 * Where a sandbox is in its life.
 *
 * <pre>
 * CREATING --> READY --> STOPPING --> STOPPED --> (removed)
 *     |                     ^
 *     +--- undo failed -----+
 * </pre>
 *
 * Only READY is SANDBOX_READY to CRI. A sandbox found CREATING after a restart was never handed out and is undone. STOPPING
 * means that a stop began and may have to be finished by the next StopPodSandbox, RemovePodSandbox or by recovery.
 */
public enum SandboxState {
    CREATING,
    READY,
    STOPPING,
    STOPPED
}

package io.gantry.pod.activity;

/** What is asked of the daemon about a pod or a container. */
public enum Verb {
    RUN_POD_SANDBOX("RunPodSandbox", true, true),
    STOP_POD_SANDBOX("StopPodSandbox", false, true),
    REMOVE_POD_SANDBOX("RemovePodSandbox", false, true),
    CHECKPOINT_POD("CheckpointPod", false, true),
    RESTORE_POD("RestorePod", false, true),
    CREATE_CONTAINER("CreateContainer", true, true),
    START_CONTAINER("StartContainer", true, true),
    STOP_CONTAINER("StopContainer", false, true),
    REMOVE_CONTAINER("RemoveContainer", false, true),
    UPDATE_CONTAINER_RESOURCES("UpdateContainerResources", false, true),
    REOPEN_CONTAINER_LOG("ReopenContainerLog", false, true),
    CHECKPOINT_CONTAINER("CheckpointContainer", false, true),
    /** Probes fail by the thousand, so failures are not kept. */
    EXEC_SYNC("ExecSync", false, false),
    PULL_IMAGE("PullImage", false, true);

    private final String rpc;
    private final boolean start;
    private final boolean failuresKept;

    Verb(String rpc, boolean start, boolean failuresKept) {
        this.rpc = rpc;
        this.start = start;
        this.failuresKept = failuresKept;
    }

    /** Its name in CRI. */
    public String rpc() {
        return rpc;
    }

    /** Whether it is a part of the start of a pod or container, whose step times are kept. */
    boolean isStart() {
        return start;
    }

    boolean keepsFailures() {
        return failuresKept;
    }
}

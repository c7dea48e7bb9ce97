package io.gantry.cri.streaming.session;

import io.gantry.platform.linux.Fd;
import io.gantry.pod.container.ExecRequest;
import io.gantry.pod.container.RunningExec;
import io.gantry.pod.monitor.AttachConnection;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;

/**
 * What clients are joined to; the contract is that of {@link io.gantry.pod.container.Containers} and
 * {@link io.gantry.pod.sandbox.PodSandboxes}. All but the first two may block.
 */
public interface StreamTargets {
    Container container(String id);

    PodSandbox sandbox(String id);

    RunningExec exec(String containerId, ExecRequest request) throws InterruptedException;

    AttachConnection attach(String containerId) throws InterruptedException;

    Fd dial(String sandboxId, int port) throws InterruptedException;
}

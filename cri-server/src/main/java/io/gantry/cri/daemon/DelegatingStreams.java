package io.gantry.cri.daemon;

import io.gantry.cri.streaming.session.StreamTargets;
import io.gantry.platform.linux.Fd;
import io.gantry.pod.container.Containers;
import io.gantry.pod.container.ExecRequest;
import io.gantry.pod.container.RunningExec;
import io.gantry.pod.monitor.AttachConnection;
import io.gantry.pod.sandbox.PodSandboxes;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;

/** The containers and sandboxes of this node, for streams. */
record DelegatingStreams(Containers containers, PodSandboxes sandboxes) implements StreamTargets {
    @Override
    public Container container(String id) {
        return containers.status(id);
    }

    @Override
    public PodSandbox sandbox(String id) {
        return sandboxes.status(id);
    }

    @Override
    public RunningExec exec(String containerId, ExecRequest request) throws InterruptedException {
        return containers.exec(containerId, request);
    }

    @Override
    public AttachConnection attach(String containerId) throws InterruptedException {
        return containers.attach(containerId);
    }

    @Override
    public Fd dial(String sandboxId, int port) throws InterruptedException {
        return sandboxes.dial(sandboxId, port);
    }
}

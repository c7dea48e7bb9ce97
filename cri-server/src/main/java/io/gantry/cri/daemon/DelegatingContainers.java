package io.gantry.cri.daemon;

import io.gantry.cri.runtime.ContainerOperations;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.container.Containers;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.state.Container;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The containers of this node. */
record DelegatingContainers(Containers containers) implements ContainerOperations {
    @Override
    public String create(String sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig)
            throws InterruptedException {
        return containers.create(sandboxId, config, sandboxConfig);
    }

    @Override
    public void start(String id) throws InterruptedException {
        containers.start(id);
    }

    @Override
    public void stop(String id, Duration timeout) throws InterruptedException {
        containers.stop(id, timeout);
    }

    @Override
    public void remove(String id) throws InterruptedException {
        containers.remove(id);
    }

    @Override
    public Container status(String id) {
        return containers.status(id);
    }

    @Override
    public List<Container> list(ContainerFilter filter) {
        return containers.list(filter);
    }

    @Override
    public Map<String, Object> verboseInfo(String id) {
        return containers.verboseInfo(id);
    }

    @Override
    public void reopenLog(String id) throws InterruptedException {
        containers.reopenLog(id);
    }

    @Override
    public ExecResult execSync(String id, List<String> command, Duration timeout) throws InterruptedException {
        return containers.execSync(id, command, timeout);
    }

    @Override
    public void updateResources(String id, LinuxResources resources) throws InterruptedException {
        containers.updateResources(id, resources);
    }

    @Override
    public void checkpoint(String id, String location, Duration timeout) throws InterruptedException {
        containers.checkpoint(id, location, timeout);
    }
}

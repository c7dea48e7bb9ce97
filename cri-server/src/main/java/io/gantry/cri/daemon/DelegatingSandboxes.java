package io.gantry.cri.daemon;

import io.gantry.cri.runtime.SandboxOperations;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.sandbox.PodSandboxes;
import io.gantry.pod.sandbox.RestoredPod;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sandboxes of this node. */
record DelegatingSandboxes(PodSandboxes sandboxes) implements SandboxOperations {
    @Override
    public String run(PodSandboxConfig config, String runtimeHandler) throws InterruptedException {
        return sandboxes.run(config, runtimeHandler);
    }

    @Override
    public void stop(String id) throws InterruptedException {
        sandboxes.stop(id);
    }

    @Override
    public void remove(String id) throws InterruptedException {
        sandboxes.remove(id);
    }

    @Override
    public PodSandbox status(String id) {
        return sandboxes.status(id);
    }

    @Override
    public Map<String, Object> verboseInfo(String id) {
        return sandboxes.verboseInfo(id);
    }

    @Override
    public List<PodSandbox> list(SandboxFilter filter) {
        return sandboxes.list(filter);
    }

    @Override
    public void updateResources(String id, @Nullable LinuxResources overhead, @Nullable LinuxResources resources)
            throws InterruptedException {
        sandboxes.updateResources(id, overhead, resources);
    }

    @Override
    public void checkpoint(String id, String output, List<String> containerIds) throws InterruptedException {
        sandboxes.checkpoint(id, output, containerIds);
    }

    @Override
    public RestoredPod restore(
            String directory, PodSandboxConfig config, String runtimeHandler, List<ContainerConfig> containers)
            throws InterruptedException {
        return sandboxes.restore(directory, config, runtimeHandler, containers);
    }
}

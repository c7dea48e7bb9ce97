package io.gantry.cri.runtime;

import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.sandbox.RestoredPod;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What RuntimeService needs of pod sandboxes; the contract is that of {@link io.gantry.pod.sandbox.PodSandboxes}. */
public interface SandboxOperations {
    String run(PodSandboxConfig config, String runtimeHandler) throws InterruptedException;

    void stop(String id) throws InterruptedException;

    void remove(String id) throws InterruptedException;

    PodSandbox status(String id);

    Map<String, Object> verboseInfo(String id);

    List<PodSandbox> list(SandboxFilter filter);

    void updateResources(String id, @Nullable LinuxResources overhead, @Nullable LinuxResources resources)
            throws InterruptedException;

    void checkpoint(String id, String output, List<String> containerIds) throws InterruptedException;

    RestoredPod restore(
            String directory, PodSandboxConfig config, String runtimeHandler, List<ContainerConfig> containers)
            throws InterruptedException;
}

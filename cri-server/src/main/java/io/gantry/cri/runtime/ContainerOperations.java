package io.gantry.cri.runtime;

import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.state.Container;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What RuntimeService needs of containers; the contract is that of {@link io.gantry.pod.container.Containers}. */
public interface ContainerOperations {
    String create(String sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig) throws InterruptedException;

    void start(String id) throws InterruptedException;

    void stop(String id, Duration timeout) throws InterruptedException;

    void remove(String id) throws InterruptedException;

    Container status(String id);

    List<Container> list(ContainerFilter filter);

    Map<String, Object> verboseInfo(String id);

    void reopenLog(String id) throws InterruptedException;

    ExecResult execSync(String id, List<String> command, Duration timeout) throws InterruptedException;

    void updateResources(String id, LinuxResources resources) throws InterruptedException;

    void checkpoint(String id, String location, Duration timeout) throws InterruptedException;
}

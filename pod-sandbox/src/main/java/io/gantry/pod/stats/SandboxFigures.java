package io.gantry.pod.stats;

import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All figures of one ready sandbox.
 *
 * @param podCgroup path of the cgroup that is the pod's alone, empty without one
 * @param pod figures of that cgroup; null without one
 */
public record SandboxFigures(
        PodSandbox sandbox,
        String podCgroup,
        @Nullable CgroupFigures pod,
        List<NetworkInterface> interfaces,
        List<ContainerFigures> containers) {
    public SandboxFigures {
        interfaces = List.copyOf(interfaces);
        containers = List.copyOf(containers);
    }
}

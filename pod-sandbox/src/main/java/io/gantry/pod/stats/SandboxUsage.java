package io.gantry.pod.stats;

import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one sandbox uses together with its containers.
 *
 * @param cgroup null when it is not ready
 * @param nanoCores as in {@link ContainerUsage}
 * @param memoryLimit of the whole pod, bytes; null for none
 * @param interfaces empty with the host's network
 * @param processes of the sandbox and its containers
 * @param containers those that run
 */
public record SandboxUsage(
        PodSandbox sandbox,
        @Nullable CgroupUsage cgroup,
        @Nullable Long nanoCores,
        @Nullable Long memoryLimit,
        List<NetworkInterface> interfaces,
        long processes,
        List<ContainerUsage> containers) {
    public SandboxUsage {
        interfaces = List.copyOf(interfaces);
        containers = List.copyOf(containers);
    }
}

package io.gantry.pod.state;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.config.PodSandboxConfig;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pod sandbox: an immutable snapshot, and the record kept on disk.
 *
 * @param id 64 hexadecimal digits
 * @param runtimeHandler the handler asked for, empty for the default
 * @param handler the handler that serves it
 * @param hostname the host name in use
 * @param pause the pause process, null before it was started
 * @param bootId the boot in which it was made: another boot id means that nothing of it runs any more
 * @param ips addresses, the primary first; empty with host network
 * @param networkDetached whether CNI DEL has succeeded, or there is nothing to detach
 * @param cgroup path of the sandbox's own cgroup relative to the controllers' mount point
 * @param selinuxLevel the MCS level of the pod, or empty
 */
public record PodSandbox(
        String id,
        PodSandboxConfig config,
        String runtimeHandler,
        String handler,
        SandboxState state,
        Instant createdAt,
        String hostname,
        @Nullable ProcessIdentity pause,
        String bootId,
        List<String> ips,
        boolean networkDetached,
        String cgroup,
        String selinuxLevel) {
    public PodSandbox {
        ips = List.copyOf(ips);
    }

    public boolean isReady() {
        return state == SandboxState.READY;
    }

    public PodSandbox withState(SandboxState newState) {
        return new PodSandbox(
                id,
                config,
                runtimeHandler,
                handler,
                newState,
                createdAt,
                hostname,
                pause,
                bootId,
                ips,
                networkDetached,
                cgroup,
                selinuxLevel);
    }

    public PodSandbox withPause(ProcessIdentity newPause) {
        return new PodSandbox(
                id,
                config,
                runtimeHandler,
                handler,
                state,
                createdAt,
                hostname,
                newPause,
                bootId,
                ips,
                networkDetached,
                cgroup,
                selinuxLevel);
    }

    public PodSandbox withIps(List<String> newIps) {
        return new PodSandbox(
                id,
                config,
                runtimeHandler,
                handler,
                state,
                createdAt,
                hostname,
                pause,
                bootId,
                newIps,
                networkDetached,
                cgroup,
                selinuxLevel);
    }

    public PodSandbox withNetworkDetached(boolean detached) {
        return new PodSandbox(
                id,
                config,
                runtimeHandler,
                handler,
                state,
                createdAt,
                hostname,
                pause,
                bootId,
                ips,
                detached,
                cgroup,
                selinuxLevel);
    }

    public PodSandbox withConfig(PodSandboxConfig newConfig) {
        return new PodSandbox(
                id,
                newConfig,
                runtimeHandler,
                handler,
                state,
                createdAt,
                hostname,
                pause,
                bootId,
                ips,
                networkDetached,
                cgroup,
                selinuxLevel);
    }
}

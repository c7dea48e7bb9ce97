package io.gantry.pod.cdi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is changed in a container that gets a device ({@code containerEdits} of the CDI specification).
 *
 * @param env {@code NAME=value}
 * @param intelRdt whether classes of Intel RDT are asked for
 */
public record CdiEdits(
        List<String> env,
        List<DeviceNode> deviceNodes,
        List<Mount> mounts,
        List<Hook> hooks,
        List<Long> additionalGids,
        boolean intelRdt) {

    /**
     * A device node; what is null or empty is taken from the host's.
     *
     * @param hostPath empty when it is the same as {@code path}
     * @param type {@code b}, {@code c}, {@code u} or {@code p}, or empty
     * @param permissions of r, w, m; empty for all
     */
    public record DeviceNode(
            String path,
            String hostPath,
            String type,
            @Nullable Long major,
            @Nullable Long minor,
            @Nullable Integer fileMode,
            String permissions,
            @Nullable Long uid,
            @Nullable Long gid) {}

    /**
     * A mount.
     *
     * @param type empty for a bind mount
     */
    public record Mount(String hostPath, String containerPath, String type, List<String> options) {
        public Mount {
            options = List.copyOf(options);
        }
    }

    /**
     * A program that the OCI runtime runs (config.md, "POSIX-platform Hooks").
     *
     * @param name when: {@code createContainer}
     * @param timeout in seconds, or null for none
     */
    public record Hook(
            String name,
            String path,
            List<String> args,
            List<String> env,
            @Nullable Integer timeout) {
        public Hook {
            args = List.copyOf(args);
            env = List.copyOf(env);
        }
    }

    public CdiEdits {
        env = List.copyOf(env);
        deviceNodes = List.copyOf(deviceNodes);
        mounts = List.copyOf(mounts);
        hooks = List.copyOf(hooks);
        additionalGids = List.copyOf(additionalGids);
    }

    /** Whether nothing is changed. */
    public boolean isEmpty() {
        return env.isEmpty()
                && deviceNodes.isEmpty()
                && mounts.isEmpty()
                && hooks.isEmpty()
                && additionalGids.isEmpty()
                && !intelRdt;
    }
}

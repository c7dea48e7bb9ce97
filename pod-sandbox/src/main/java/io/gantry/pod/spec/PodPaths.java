package io.gantry.pod.spec;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of a pod that its containers share are on this host. An absent namespace is the host's; an absent file
 * is not mounted.
 *
 * @param network network namespace file
 * @param ipc IPC namespace file
 * @param uts UTS namespace file
 * @param pid PID namespace file, only when the pod shares one
 * @param user user namespace file, only when the pod has one
 * @param resolvConf the pod's resolv.conf
 * @param hostname the pod's /etc/hostname
 * @param shm the pod's /dev/shm; absent mounts the host's
 */
public record PodPaths(
        @Nullable Path network,
        @Nullable Path ipc,
        @Nullable Path uts,
        @Nullable Path pid,
        @Nullable Path user,
        @Nullable Path resolvConf,
        @Nullable Path hostname,
        @Nullable Path shm) {
    /** A pod that shares everything with the host and brings no files. */
    public static final PodPaths HOST = new PodPaths(null, null, null, null, null, null, null, null);
}

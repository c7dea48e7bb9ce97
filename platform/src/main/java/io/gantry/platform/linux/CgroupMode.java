package io.gantry.platform.linux;

/** How cgroups are mounted on a host. */
public enum CgroupMode {
    /** One hierarchy per controller. */
    V1,
    /** Controllers on v1, and a v2 hierarchy beside them. */
    HYBRID,
    /** The one v2 hierarchy at {@code /sys/fs/cgroup}. */
    V2,
    /** No cgroup file system is mounted. */
    NONE
}

package io.gantry.pod.checkpoint;

/** Names in a checkpoint archive, and annotations that tell a checkpoint image. */
public final class CheckpointFiles {
    /** Directory of criu's images. */
    public static final String IMAGES = "checkpoint";

    /** What the container was: name, image, times. */
    public static final String CONFIG = "config.dump";

    /** The container's OCI specification. */
    public static final String SPEC = "spec.dump";

    /** Files that it made or changed in its root file system, as a tar stream. */
    public static final String ROOTFS_DIFF = "rootfs-diff.tar";

    /** JSON list of the paths that it deleted there. */
    public static final String DELETED = "deleted.files";

    /** JSON list of what was bound into it from the host. */
    public static final String BIND_MOUNTS = "bind.mounts";

    /** criu's statistics of the dump. */
    public static final String STATS = "stats-dump";

    /** The container's log so far. */
    public static final String LOG = "container.log";

    /** The containers of a pod and their archives. */
    public static final String POD_OPTIONS = "pod.options";

    /** The config of a pod's sandbox. */
    public static final String POD = "pod.dump";

    /** Annotation of an image that is a checkpoint: the container's name. */
    public static final String CONTAINER_NAME = "org.criu.checkpoint.container.name";

    /** The same, as images made for CRI-O have it. */
    public static final String CRIO_NAME = "io.kubernetes.cri-o.annotations.checkpoint.name";

    private CheckpointFiles() {}
}

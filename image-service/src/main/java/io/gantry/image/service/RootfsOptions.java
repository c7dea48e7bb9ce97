package io.gantry.image.service;

/**
 * How a root file system is mounted.
 *
 * @param readOnly without a writable directory. Not what a container with {@code readonly_rootfs} gets: its OCI runtime
 *     still makes mount points, and closes the root itself
 */
public record RootfsOptions(boolean readOnly) {
    public static final RootfsOptions WRITABLE = new RootfsOptions(false);
    public static final RootfsOptions READ_ONLY = new RootfsOptions(true);
}

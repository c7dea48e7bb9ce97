package io.gantry.image.service;

import io.gantry.image.snapshot.IdMap;
import org.jspecify.annotations.Nullable;

/**
 * How a root file system is mounted.
 *
 * @param readOnly without a writable directory. Not what a container with {@code readonly_rootfs} gets: its OCI runtime
 *     still makes mount points, and closes the root itself
 * @param idMap the user namespace whose ids the files show, or null for the host's
 */
public record RootfsOptions(boolean readOnly, @Nullable IdMap idMap) {
    public static final RootfsOptions WRITABLE = new RootfsOptions(false, null);
    public static final RootfsOptions READ_ONLY = new RootfsOptions(true, null);

    /** A writable root file system for containers of a user namespace. */
    public static RootfsOptions mapped(IdMap idMap) {
        return new RootfsOptions(false, idMap);
    }
}

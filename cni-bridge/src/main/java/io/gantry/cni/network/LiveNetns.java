package io.gantry.cni.network;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FilesystemStatus;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Tells a network namespace from what is left of one: after a reboot the bind mount is gone and an ordinary file remains,
 * which plugins choke on.
 */
final class LiveNetns {
    private final Syscalls syscalls;

    LiveNetns(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /** The first of the paths that is a namespace, as {@code CNI_NETNS} wants it; empty when none is. */
    String firstOf(@Nullable String... paths) {
        for (String path : paths) {
            if (path != null && !path.isEmpty() && isNamespace(path)) {
                return path;
            }
        }
        return "";
    }

    boolean isNamespace(Path path) {
        return isNamespace(path.toString());
    }

    private boolean isNamespace(String path) {
        try {
            long type = syscalls.statfs(path).type();
            // Before Linux 3.19 namespaces were files of /proc.
            return type == FilesystemStatus.NSFS || (type == FilesystemStatus.PROC && path.contains("/ns/"));
        } catch (ErrnoException e) {
            return false;
        }
    }
}

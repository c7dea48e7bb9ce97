package io.gantry.pod.container;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.BlockingCalls;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;

/**
 * A directory inside a tree whose content nobody vouches for: links are followed as a process would that has the tree for
 * its root, so none leads out of it (openat2(2), RESOLVE_IN_ROOT).
 */
final class SubPath {
    private static final long FLAGS = LinuxConstants.O_PATH | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC;
    private static final long RESOLVE =
            LinuxConstants.RESOLVE_IN_ROOT | LinuxConstants.RESOLVE_NO_MAGICLINKS | LinuxConstants.RESOLVE_NO_XDEV;

    private final Syscalls syscalls;

    SubPath(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /**
     * The directory's path without links. It stays right only while nobody changes the tree: for read-only mounts.
     *
     * @throws GantryException NOT_FOUND, INVALID_ARGUMENT when it is not a directory
     */
    Path resolve(Path root, String subPath) {
        try {
            return BlockingCalls.call(() -> open(root, subPath));
        } catch (ErrnoException e) {
            String action = "find directory " + subPath;
            if (e.is(Errno.ENOENT)) {
                throw GantryException.of(ErrorKind.NOT_FOUND, action, "it has no \"" + subPath + "\"")
                        .causedBy(e);
            }
            if (e.is(Errno.ENOTDIR)) {
                throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, "\"" + subPath + "\" is not a directory")
                        .causedBy(e);
            }
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT, action, "\"" + subPath + "\" cannot be used: " + e.errorName())
                    .causedBy(e);
        }
    }

    private Path open(Path root, String subPath) {
        try (Fd tree = new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, root.toString(), (int) FLAGS, 0));
                Fd directory = new Fd(syscalls, syscalls.openat2(tree.number(), subPath, FLAGS, 0, RESOLVE))) {
            return Path.of(syscalls.readlinkat(LinuxConstants.AT_FDCWD, "/proc/self/fd/" + directory.number()));
        }
    }
}

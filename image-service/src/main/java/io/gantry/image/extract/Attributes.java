package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import java.util.Map;

/**
 * Owner, extended attributes, permissions and times of what an entry made, in the order in which the kernel does not undo
 * one by the next: chown clears set-user-id and capabilities, so it comes first. Owner 0:0 is what new files have anyway.
 */
final class Attributes {
    private static final int SPECIAL_BITS = 07000;

    private final Syscalls syscalls;
    private final int umask;

    Attributes(Syscalls syscalls, int umask) {
        this.syscalls = syscalls;
        this.umask = umask;
    }

    /** For a file just made with the entry's permission bits through an open descriptor. */
    void applyToFile(int fd, TarEntry entry) {
        boolean owned = entry.uid() != 0 || entry.gid() != 0;
        if (owned) {
            syscalls.fchown(fd, entry.uid(), entry.gid());
        }
        setXattrs(fd, entry.xattrs(), true);
        if (owned || !entry.xattrs().isEmpty() || (entry.mode() & (SPECIAL_BITS | umask)) != 0) {
            syscalls.fchmod(fd, entry.mode());
        }
        syscalls.futimens(fd, entry.mtimeSeconds(), entry.mtimeNanos(), entry.mtimeSeconds(), entry.mtimeNanos());
    }

    /** For a directory, at the end, when nothing changes in it any more. */
    void applyToDirectory(int fd, TarEntry entry) {
        syscalls.fchown(fd, entry.uid(), entry.gid());
        setXattrs(fd, entry.xattrs(), true);
        syscalls.fchmod(fd, entry.mode());
        syscalls.futimens(fd, entry.mtimeSeconds(), entry.mtimeNanos(), entry.mtimeSeconds(), entry.mtimeNanos());
    }

    /** For a device, a pipe or (without permission bits) a symbolic link just made under a name. */
    void applyToName(int dirfd, String name, TarEntry entry) {
        if (entry.uid() != 0 || entry.gid() != 0) {
            syscalls.fchownat(dirfd, name, entry.uid(), entry.gid(), AT_SYMLINK_NOFOLLOW);
        }
        for (Map.Entry<String, byte[]> xattr : entry.xattrs().entrySet()) {
            String path = "/proc/self/fd/" + dirfd + "/" + name;
            setXattr(xattr.getKey(), false, () -> syscalls.lsetxattr(path, xattr.getKey(), xattr.getValue(), 0));
        }
        if (entry.type() != TarEntry.Type.SYMLINK) {
            syscalls.fchmodat(dirfd, name, entry.mode());
        }
        syscalls.utimensat(
                dirfd,
                name,
                entry.mtimeSeconds(),
                entry.mtimeNanos(),
                entry.mtimeSeconds(),
                entry.mtimeNanos(),
                AT_SYMLINK_NOFOLLOW);
    }

    private void setXattrs(int fd, Map<String, byte[]> xattrs, boolean fileOrDirectory) {
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            setXattr(
                    xattr.getKey(), fileOrDirectory, () -> syscalls.fsetxattr(fd, xattr.getKey(), xattr.getValue(), 0));
        }
    }

    /**
     * Attributes of the {@code trusted} name space belong to overlayfs: from an archive they would be a way to redirect it,
     * so they are left out. What the file system does not support is left out as well; nothing but that may be lost.
     */
    private static void setXattr(String name, boolean fileOrDirectory, Runnable set) {
        if (name.startsWith("trusted.") || name.startsWith("user.overlay.")) {
            return;
        }
        try {
            set.run();
        } catch (ErrnoException e) {
            boolean unsupported = e.is(Errno.EOPNOTSUPP);
            boolean userOnSpecial = e.is(Errno.EPERM) && name.startsWith("user.") && !fileOrDirectory;
            boolean foreignSecurity = (e.is(Errno.EPERM) || e.is(Errno.EINVAL))
                    && name.startsWith("security.")
                    && !name.equals("security.capability");
            if (!unsupported && !userOnSpecial && !foreignSecurity) {
                throw e;
            }
        }
    }
}

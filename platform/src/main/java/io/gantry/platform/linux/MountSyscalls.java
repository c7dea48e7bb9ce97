package io.gantry.platform.linux;

import org.jspecify.annotations.Nullable;

/** Calls that mount. Part of {@link Syscalls}; most callers want {@link Mounts}. */
public interface MountSyscalls {
    /** <a href="https://man7.org/linux/man-pages/man2/mount.2.html">mount(2)</a> */
    void mount(@Nullable String source, String target, @Nullable String type, long flags, @Nullable String data);

    /** <a href="https://man7.org/linux/man-pages/man2/umount2.2.html">umount2(2)</a> */
    void umount2(String target, int flags);

    /** <a href="https://man7.org/linux/man-pages/man2/fsopen.2.html">fsopen(2)</a> */
    int fsopen(String type, int flags);

    /** The kernel takes values of at most 255 bytes. <a href="https://man7.org/linux/man-pages/man2/fsconfig.2.html">fsconfig(2)</a> */
    void fsconfig(int fd, int command, @Nullable String key, @Nullable String value, int aux);

    /** <a href="https://man7.org/linux/man-pages/man2/fsmount.2.html">fsmount(2)</a> */
    int fsmount(int fd, int flags, long attributes);

    /** <a href="https://man7.org/linux/man-pages/man2/move_mount.2.html">move_mount(2)</a> */
    void moveMount(int fromDirfd, String fromPath, int toDirfd, String toPath, int flags);

    /** <a href="https://man7.org/linux/man-pages/man2/open_tree.2.html">open_tree(2)</a> */
    int openTree(int dirfd, String path, int flags);

    /** <a href="https://man7.org/linux/man-pages/man2/mount_setattr.2.html">mount_setattr(2)</a> */
    void mountSetattr(
            int dirfd,
            String path,
            int flags,
            long attributesToSet,
            long attributesToClear,
            long propagation,
            int usernsFd);

    /** <a href="https://man7.org/linux/man-pages/man2/chdir.2.html">chdir(2)</a>; only on a thread with its own working directory ({@code CLONE_FS}). */
    void chdir(String path);
}

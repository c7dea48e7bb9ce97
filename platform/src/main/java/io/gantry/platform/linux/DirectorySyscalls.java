package io.gantry.platform.linux;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls on names in directories, relative to a directory descriptor or {@link LinuxConstants#AT_FDCWD}. Part of {@link
 * Syscalls}.
 */
public interface DirectorySyscalls {
    /** <a href="https://man7.org/linux/man-pages/man2/openat.2.html">openat(2)</a> */
    int openat(int dirfd, String path, int flags, int mode);

    /**
     * Opens with {@code RESOLVE_*} limits; {@code EXDEV} means that the path leaves the directory. A race with a rename
     * (EAGAIN) is tried again. <a href="https://man7.org/linux/man-pages/man2/openat2.2.html">openat2(2)</a>
     */
    int openat2(int dirfd, String path, long flags, int mode, long resolve);

    /** <a href="https://man7.org/linux/man-pages/man2/mkdirat.2.html">mkdirat(2)</a> */
    void mkdirat(int dirfd, String path, int mode);

    /** Makes a node; {@code mode} has the type ({@code S_IFCHR} …). <a href="https://man7.org/linux/man-pages/man2/mknodat.2.html">mknodat(2)</a> */
    void mknodat(int dirfd, String path, int mode, int major, int minor);

    /** <a href="https://man7.org/linux/man-pages/man2/symlinkat.2.html">symlinkat(2)</a> */
    void symlinkat(String target, int dirfd, String path);

    /** <a href="https://man7.org/linux/man-pages/man2/linkat.2.html">linkat(2)</a> */
    void linkat(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags);

    /** Removes a name, a directory with {@link LinuxConstants#AT_REMOVEDIR}. <a href="https://man7.org/linux/man-pages/man2/unlinkat.2.html">unlinkat(2)</a> */
    void unlinkat(int dirfd, String path, int flags);

    /** <a href="https://man7.org/linux/man-pages/man2/renameat2.2.html">renameat2(2)</a> */
    void renameat2(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags);

    /** <a href="https://man7.org/linux/man-pages/man2/readlinkat.2.html">readlinkat(2)</a> */
    String readlinkat(int dirfd, String path);

    /** <a href="https://man7.org/linux/man-pages/man2/fchownat.2.html">fchownat(2)</a> */
    void fchownat(int dirfd, String path, int uid, int gid, int flags);

    /** Follows a final link, as the kernel call does. <a href="https://man7.org/linux/man-pages/man2/fchmodat.2.html">fchmodat(2)</a> */
    void fchmodat(int dirfd, String path, int mode);

    /** Sets access and modification time; {@link LinuxConstants#UTIME_OMIT} as nanoseconds leaves one alone. <a href="https://man7.org/linux/man-pages/man2/utimensat.2.html">utimensat(2)</a> */
    void utimensat(
            int dirfd, String path, long atimeSeconds, long atimeNanos, long mtimeSeconds, long mtimeNanos, int flags);

    /** What a name stands for; with {@link LinuxConstants#AT_EMPTY_PATH} and an empty path, what the descriptor does. <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2)</a> */
    FileStatus fstatat(int dirfd, String path, int flags);

    /** Like {@link #fstatat}, or null when the name does not exist (ENOENT or ENOTDIR). */
    default @Nullable FileStatus fstatatIfExists(int dirfd, String path, int flags) {
        try {
            return fstatat(dirfd, path, flags);
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
                return null;
            }
            throw e;
        }
    }

    /**
     * The rest of an open directory, without {@code .} and {@code ..}, all in memory: for directories that nobody else fills.
     * {@link DirectoryPieces} is for others. <a href="https://man7.org/linux/man-pages/man2/getdents.2.html">getdents64(2)</a>
     */
    List<DirectoryEntry> getdents(int fd);

    /**
     * The next entries of an open directory, at least as many as fit into the buffer; empty at its end. For directories of
     * others, which may hold more names than there is memory. <a
     * href="https://man7.org/linux/man-pages/man2/getdents.2.html">getdents64(2)</a>
     */
    default List<DirectoryEntry> getdents(int fd, byte[] buffer) {
        return getdents(fd);
    }
}

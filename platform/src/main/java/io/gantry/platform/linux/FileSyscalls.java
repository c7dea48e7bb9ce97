package io.gantry.platform.linux;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Calls on open files. Part of {@link Syscalls}. */
public interface FileSyscalls {
    /** Closes a descriptor; an error of a delayed write may be reported here. <a href="https://man7.org/linux/man-pages/man2/close.2.html">close(2)</a> */
    void close(int fd);

    /** Reads up to {@code length} bytes; 0 is end of file. <a href="https://man7.org/linux/man-pages/man2/read.2.html">read(2)</a> */
    int read(int fd, byte[] buffer, int offset, int length);

    /** Reads into a direct buffer from its position to its limit, and moves the position; 0 is end of file. <a href="https://man7.org/linux/man-pages/man2/read.2.html">read(2)</a> */
    int read(int fd, ByteBuffer direct);

    /** Writes up to {@code length} bytes, possibly fewer. <a href="https://man7.org/linux/man-pages/man2/write.2.html">write(2)</a> */
    int write(int fd, byte[] buffer, int offset, int length);

    /** Writes from a direct buffer and moves its position, possibly not to its limit. <a href="https://man7.org/linux/man-pages/man2/write.2.html">write(2)</a> */
    int write(int fd, ByteBuffer direct);

    /** Reads at a file position without moving it. <a href="https://man7.org/linux/man-pages/man2/pread.2.html">pread(2)</a> */
    int pread(int fd, byte[] buffer, int offset, int length, long position);

    /** Writes at a file position without moving it. <a href="https://man7.org/linux/man-pages/man2/pwrite.2.html">pwrite(2)</a> */
    int pwrite(int fd, byte[] buffer, int offset, int length, long position);

    /** Moves the file position. <a href="https://man7.org/linux/man-pages/man2/lseek.2.html">lseek(2)</a> */
    long lseek(int fd, long offset, int whence);

    /** Brings a file's data and metadata to the disk; blocks. <a href="https://man7.org/linux/man-pages/man2/fsync.2.html">fsync(2)</a> */
    void fsync(int fd);

    /** Brings a file's data to the disk; blocks. <a href="https://man7.org/linux/man-pages/man2/fdatasync.2.html">fdatasync(2)</a> */
    void fdatasync(int fd);

    /** Brings the whole file system of a descriptor to the disk; blocks. <a href="https://man7.org/linux/man-pages/man2/syncfs.2.html">syncfs(2)</a> */
    void syncfs(int fd);

    /** Starts or awaits the writing of a part of a file, of all from {@code offset} on when {@code length} is 0; promises nothing about durability. <a href="https://man7.org/linux/man-pages/man2/sync_file_range.2.html">sync_file_range(2)</a> */
    void syncFileRange(int fd, long offset, long length, int flags);

    /** <a href="https://man7.org/linux/man-pages/man2/ftruncate.2.html">ftruncate(2)</a> */
    void ftruncate(int fd, long length);

    /** Reserves disk space. <a href="https://man7.org/linux/man-pages/man2/fallocate.2.html">fallocate(2)</a> */
    void fallocate(int fd, int mode, long offset, long length);

    /** <a href="https://man7.org/linux/man-pages/man2/fchmod.2.html">fchmod(2)</a> */
    void fchmod(int fd, int mode);

    /** <a href="https://man7.org/linux/man-pages/man2/fchown.2.html">fchown(2)</a> */
    void fchown(int fd, int uid, int gid);

    /** Sets access and modification time; {@link LinuxConstants#UTIME_OMIT} as nanoseconds leaves one alone. <a href="https://man7.org/linux/man-pages/man2/utimensat.2.html">futimens(3)</a> */
    void futimens(int fd, long atimeSeconds, long atimeNanos, long mtimeSeconds, long mtimeNanos);

    /** <a href="https://man7.org/linux/man-pages/man2/fsetxattr.2.html">fsetxattr(2)</a> */
    void fsetxattr(int fd, String name, byte[] value, int flags);

    /** Sets an attribute of a path without following a final link; reaches an O_PATH descriptor as {@code /proc/self/fd/N} with {@link #setxattr}. <a href="https://man7.org/linux/man-pages/man2/lsetxattr.2.html">lsetxattr(2)</a> */
    void lsetxattr(String path, String name, byte[] value, int flags);

    /** Sets an attribute of a path and follows links. <a href="https://man7.org/linux/man-pages/man2/setxattr.2.html">setxattr(2)</a> */
    void setxattr(String path, String name, byte[] value, int flags);

    /** The value of an attribute, or null when there is none. <a href="https://man7.org/linux/man-pages/man2/lgetxattr.2.html">lgetxattr(2)</a> */
    byte @Nullable [] lgetxattr(String path, String name);

    /** The names of all attributes, sorted; empty where the file system has none. <a href="https://man7.org/linux/man-pages/man2/listxattr.2.html">llistxattr(2)</a> */
    List<String> llistxattr(String path);

    /** File system figures. <a href="https://man7.org/linux/man-pages/man2/statfs.2.html">statfs(2)</a> */
    FilesystemStatus statfs(String path);

    /** A new descriptor for the same open file, close-on-exec. <a href="https://man7.org/linux/man-pages/man2/dup.2.html">dup(2)</a> */
    int dup(int fd);

    /** <a href="https://man7.org/linux/man-pages/man2/fcntl.2.html">fcntl(2)</a> */
    int fcntl(int fd, int command, long argument);

    /** Locks a file for this open description; blocks without {@link LinuxConstants#LOCK_NB}. <a href="https://man7.org/linux/man-pages/man2/flock.2.html">flock(2)</a> */
    void flock(int fd, int operation);

    /** A device request with an in-out argument. <a href="https://man7.org/linux/man-pages/man2/ioctl.2.html">ioctl(2)</a> */
    int ioctl(int fd, long request, byte[] argument);
}

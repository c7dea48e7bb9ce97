package io.gantry.platform.linux;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The C library by JNA direct mapping. {@code throws LastErrorException} makes JNA read errno on the calling thread before
 * anything else can run on it. Strings travel as NUL-terminated byte arrays, which direct mapping passes without a
 * look-up. Calls younger than glibc 2.31 go through syscall(2); their numbers are the same on x86-64 and arm64.
 */
final class Libc {
    static final long SYS_PIDFD_SEND_SIGNAL = 424;
    static final long SYS_OPEN_TREE = 428;
    static final long SYS_MOVE_MOUNT = 429;
    static final long SYS_FSOPEN = 430;
    static final long SYS_FSCONFIG = 431;
    static final long SYS_FSMOUNT = 432;
    static final long SYS_PIDFD_OPEN = 434;
    static final long SYS_OPENAT2 = 437;
    static final long SYS_MOUNT_SETATTR = 442;

    static {
        Native.register(Libc.class, NativeLibrary.getProcess());
    }

    private Libc() {}

    static native int close(int fd) throws LastErrorException;

    static native long read(int fd, byte[] buffer, long length) throws LastErrorException;

    static native long read(int fd, ByteBuffer buffer, long length) throws LastErrorException;

    static native long write(int fd, byte[] buffer, long length) throws LastErrorException;

    static native long write(int fd, ByteBuffer buffer, long length) throws LastErrorException;

    static native long pread(int fd, byte[] buffer, long length, long position) throws LastErrorException;

    static native long pwrite(int fd, byte[] buffer, long length, long position) throws LastErrorException;

    static native long lseek(int fd, long offset, int whence) throws LastErrorException;

    static native int madvise(long address, long length, int advice) throws LastErrorException;

    static native int fsync(int fd) throws LastErrorException;

    static native int fdatasync(int fd) throws LastErrorException;

    static native int syncfs(int fd) throws LastErrorException;

    static native int sync_file_range(int fd, long offset, long length, int flags) throws LastErrorException;

    static native int ftruncate(int fd, long length) throws LastErrorException;

    static native int fallocate(int fd, int mode, long offset, long length) throws LastErrorException;

    static native int fchmod(int fd, int mode) throws LastErrorException;

    static native int fchown(int fd, int uid, int gid) throws LastErrorException;

    static native int futimens(int fd, long[] times) throws LastErrorException;

    static native int fsetxattr(int fd, byte[] name, byte[] value, long size, int flags) throws LastErrorException;

    static native int setxattr(byte[] path, byte[] name, byte[] value, long size, int flags) throws LastErrorException;

    static native int lsetxattr(byte[] path, byte[] name, byte[] value, long size, int flags) throws LastErrorException;

    static native long lgetxattr(byte[] path, byte[] name, byte[] value, long size) throws LastErrorException;

    static native long llistxattr(byte[] path, byte[] names, long size) throws LastErrorException;

    static native int statfs(byte[] path, byte[] result) throws LastErrorException;

    static native int fcntl(int fd, int command, long argument) throws LastErrorException;

    static native int flock(int fd, int operation) throws LastErrorException;

    static native int ioctl(int fd, long request, byte[] argument) throws LastErrorException;

    static native int openat(int dirfd, byte[] path, int flags, int mode) throws LastErrorException;

    static native int mkdirat(int dirfd, byte[] path, int mode) throws LastErrorException;

    static native int mknodat(int dirfd, byte[] path, int mode, long device) throws LastErrorException;

    static native int symlinkat(byte[] target, int dirfd, byte[] path) throws LastErrorException;

    static native int linkat(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, int flags)
            throws LastErrorException;

    static native int unlinkat(int dirfd, byte[] path, int flags) throws LastErrorException;

    static native int renameat2(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, int flags)
            throws LastErrorException;

    static native long readlinkat(int dirfd, byte[] path, byte[] buffer, long size) throws LastErrorException;

    static native int fchownat(int dirfd, byte[] path, int uid, int gid, int flags) throws LastErrorException;

    static native int fchmodat(int dirfd, byte[] path, int mode, int flags) throws LastErrorException;

    static native int utimensat(int dirfd, byte[] path, long[] times, int flags) throws LastErrorException;

    static native int statx(int dirfd, byte[] path, int flags, int mask, byte[] result) throws LastErrorException;

    static native long getdents64(int fd, byte[] buffer, long size) throws LastErrorException;

    static native int mount(
            byte @Nullable [] source, byte[] target, byte @Nullable [] type, long flags, byte @Nullable [] data)
            throws LastErrorException;

    static native int umount2(byte[] target, int flags) throws LastErrorException;

    static native int chdir(byte[] path) throws LastErrorException;

    static native int kill(int pid, int signal) throws LastErrorException;

    static native int waitid(int idType, int id, byte[] info, int options) throws LastErrorException;

    static native int unshare(int flags) throws LastErrorException;

    static native int setns(int fd, int type) throws LastErrorException;

    static native int prctl(int option, long a2, long a3, long a4, long a5) throws LastErrorException;

    static native int getrlimit(int resource, long[] limit) throws LastErrorException;

    static native int prlimit(int pid, int resource, long @Nullable [] limit, long[] old) throws LastErrorException;

    static native int gettid();

    static native int geteuid();

    static native int pipe2(int[] fds, int flags) throws LastErrorException;

    static native int socketpair(int domain, int type, int protocol, int[] fds) throws LastErrorException;

    static native int socket(int domain, int type, int protocol) throws LastErrorException;

    static native int connect(int fd, byte[] address, int length) throws LastErrorException;

    static native int getsockopt(int fd, int level, int name, byte[] value, int[] length) throws LastErrorException;

    static native int shutdown(int fd, int how) throws LastErrorException;

    static native int bind(int fd, byte[] address, int length) throws LastErrorException;

    static native int listen(int fd, int backlog) throws LastErrorException;

    static native int accept4(int fd, @Nullable Pointer address, @Nullable Pointer length, int flags)
            throws LastErrorException;

    static native long recvmsg(int fd, Pointer message, int flags) throws LastErrorException;

    static native long sendmsg(int fd, Pointer message, int flags) throws LastErrorException;

    static native int eventfd(int initial, int flags) throws LastErrorException;

    static native int memfd_create(byte[] name, int flags) throws LastErrorException;

    static native int poll(byte[] fds, long count, int timeoutMillis) throws LastErrorException;

    static native int epoll_create1(int flags) throws LastErrorException;

    static native int epoll_ctl(int epfd, int operation, int fd, byte @Nullable [] event) throws LastErrorException;

    static native int epoll_wait(int epfd, ByteBuffer events, int capacity, int timeoutMillis)
            throws LastErrorException;

    static native int inotify_init1(int flags) throws LastErrorException;

    static native int inotify_add_watch(int fd, byte[] path, int mask) throws LastErrorException;

    static native int inotify_rm_watch(int fd, int watch) throws LastErrorException;

    static native long syscall(long number, int a, long b) throws LastErrorException;

    static native long syscall(long number, int a, long b, long c) throws LastErrorException;

    static native long syscall(long number, int a, long b, @Nullable Pointer c, long d) throws LastErrorException;

    static native long syscall(long number, int a, byte[] b, long c) throws LastErrorException;

    static native long syscall(long number, int a, byte[] b, byte[] c, long d) throws LastErrorException;

    static native long syscall(long number, int a, byte[] b, int c, byte[] d, long e) throws LastErrorException;

    static native long syscall(long number, int a, byte[] b, int c, byte[] d, int e) throws LastErrorException;

    static native long syscall(long number, byte[] a, long b) throws LastErrorException;

    static native long syscall(long number, int a, int b, byte @Nullable [] c, byte @Nullable [] d, int e)
            throws LastErrorException;

    // The spawn family answers with the error itself and leaves errno alone.

    static native int posix_spawn(
            int[] pid, byte[] program, Pointer actions, Pointer attributes, Pointer argv, Pointer environment);

    static native int posix_spawnattr_init(Pointer attributes);

    static native int posix_spawnattr_destroy(Pointer attributes);

    static native int posix_spawnattr_setflags(Pointer attributes, short flags);

    static native int posix_spawnattr_setsigmask(Pointer attributes, Pointer signals);

    static native int posix_spawnattr_setsigdefault(Pointer attributes, Pointer signals);

    static native int posix_spawn_file_actions_init(Pointer actions);

    static native int posix_spawn_file_actions_destroy(Pointer actions);

    static native int posix_spawn_file_actions_adddup2(Pointer actions, int from, int to);

    static native int posix_spawn_file_actions_addclosefrom_np(Pointer actions, int from);

    static native int posix_spawn_file_actions_addchdir_np(Pointer actions, byte[] path);
}

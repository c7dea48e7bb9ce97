package io.gantry.platform.testing;

import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.EpollEvents;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.FilesystemStatus;
import io.gantry.platform.linux.ResourceLimit;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.linux.WaitStatus;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A kernel that has no system call at all: each fails with ENOSYS. Fakes override those that they have. */
abstract class UnsupportedSyscalls implements Syscalls {
    private static ErrnoException unsupported(String call) {
        return new ErrnoException(Errno.ENOSYS, call, "(not in this fake)");
    }

    @Override
    public void close(int fd) {
        throw unsupported("close");
    }

    @Override
    public int read(int fd, byte[] buffer, int offset, int length) {
        throw unsupported("read");
    }

    @Override
    public int read(int fd, ByteBuffer direct) {
        throw unsupported("read");
    }

    @Override
    public int write(int fd, byte[] buffer, int offset, int length) {
        throw unsupported("write");
    }

    @Override
    public int write(int fd, ByteBuffer direct) {
        throw unsupported("write");
    }

    @Override
    public int pread(int fd, byte[] buffer, int offset, int length, long position) {
        throw unsupported("pread");
    }

    @Override
    public int pwrite(int fd, byte[] buffer, int offset, int length, long position) {
        throw unsupported("pwrite");
    }

    @Override
    public long lseek(int fd, long offset, int whence) {
        throw unsupported("lseek");
    }

    @Override
    public void fsync(int fd) {
        throw unsupported("fsync");
    }

    @Override
    public void fdatasync(int fd) {
        throw unsupported("fdatasync");
    }

    @Override
    public void syncfs(int fd) {
        throw unsupported("syncfs");
    }

    @Override
    public void syncFileRange(int fd, long offset, long length, int flags) {
        throw unsupported("sync_file_range");
    }

    @Override
    public void ftruncate(int fd, long length) {
        throw unsupported("ftruncate");
    }

    @Override
    public void fallocate(int fd, int mode, long offset, long length) {
        throw unsupported("fallocate");
    }

    @Override
    public void fchmod(int fd, int mode) {
        throw unsupported("fchmod");
    }

    @Override
    public void fchown(int fd, int uid, int gid) {
        throw unsupported("fchown");
    }

    @Override
    public void futimens(int fd, long atimeSeconds, long atimeNanos, long mtimeSeconds, long mtimeNanos) {
        throw unsupported("futimens");
    }

    @Override
    public void fsetxattr(int fd, String name, byte[] value, int flags) {
        throw unsupported("fsetxattr");
    }

    @Override
    public void lsetxattr(String path, String name, byte[] value, int flags) {
        throw unsupported("lsetxattr");
    }

    @Override
    public void setxattr(String path, String name, byte[] value, int flags) {
        throw unsupported("setxattr");
    }

    @Override
    public byte @Nullable [] lgetxattr(String path, String name) {
        throw unsupported("lgetxattr");
    }

    @Override
    public List<String> llistxattr(String path) {
        throw unsupported("llistxattr");
    }

    @Override
    public FilesystemStatus statfs(String path) {
        throw unsupported("statfs");
    }

    @Override
    public int dup(int fd) {
        throw unsupported("dup");
    }

    @Override
    public int fcntl(int fd, int command, long argument) {
        throw unsupported("fcntl");
    }

    @Override
    public void flock(int fd, int operation) {
        throw unsupported("flock");
    }

    @Override
    public int ioctl(int fd, long request, byte[] argument) {
        throw unsupported("ioctl");
    }

    @Override
    public int openat(int dirfd, String path, int flags, int mode) {
        throw unsupported("openat");
    }

    @Override
    public int openat2(int dirfd, String path, long flags, int mode, long resolve) {
        throw unsupported("openat2");
    }

    @Override
    public void mkdirat(int dirfd, String path, int mode) {
        throw unsupported("mkdirat");
    }

    @Override
    public void mknodat(int dirfd, String path, int mode, int major, int minor) {
        throw unsupported("mknodat");
    }

    @Override
    public void symlinkat(String target, int dirfd, String path) {
        throw unsupported("symlinkat");
    }

    @Override
    public void linkat(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags) {
        throw unsupported("linkat");
    }

    @Override
    public void unlinkat(int dirfd, String path, int flags) {
        throw unsupported("unlinkat");
    }

    @Override
    public void renameat2(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags) {
        throw unsupported("renameat2");
    }

    @Override
    public String readlinkat(int dirfd, String path) {
        throw unsupported("readlinkat");
    }

    @Override
    public void fchownat(int dirfd, String path, int uid, int gid, int flags) {
        throw unsupported("fchownat");
    }

    @Override
    public void fchmodat(int dirfd, String path, int mode) {
        throw unsupported("fchmodat");
    }

    @Override
    public void utimensat(
            int dirfd, String path, long atimeSeconds, long atimeNanos, long mtimeSeconds, long mtimeNanos, int flags) {
        throw unsupported("utimensat");
    }

    @Override
    public FileStatus fstatat(int dirfd, String path, int flags) {
        throw unsupported("fstatat");
    }

    @Override
    public List<DirectoryEntry> getdents(int fd) {
        throw unsupported("getdents");
    }

    @Override
    public void mount(
            @Nullable String source, String target, @Nullable String type, long flags, @Nullable String data) {
        throw unsupported("mount");
    }

    @Override
    public void umount2(String target, int flags) {
        throw unsupported("umount2");
    }

    @Override
    public int fsopen(String type, int flags) {
        throw unsupported("fsopen");
    }

    @Override
    public void fsconfig(int fd, int command, @Nullable String key, @Nullable String value, int aux) {
        throw unsupported("fsconfig");
    }

    @Override
    public int fsmount(int fd, int flags, long attributes) {
        throw unsupported("fsmount");
    }

    @Override
    public void moveMount(int fromDirfd, String fromPath, int toDirfd, String toPath, int flags) {
        throw unsupported("moveMount");
    }

    @Override
    public int openTree(int dirfd, String path, int flags) {
        throw unsupported("openTree");
    }

    @Override
    public void mountSetattr(
            int dirfd,
            String path,
            int flags,
            long attributesToSet,
            long attributesToClear,
            long propagation,
            int usernsFd) {
        throw unsupported("mountSetattr");
    }

    @Override
    public void chdir(String path) {
        throw unsupported("chdir");
    }

    @Override
    public int pidfdOpen(int pid) {
        throw unsupported("pidfdOpen");
    }

    @Override
    public void pidfdSendSignal(int pidfd, int signal) {
        throw unsupported("pidfdSendSignal");
    }

    @Override
    public void kill(int pid, int signal) {
        throw unsupported("kill");
    }

    @Override
    public void madvise(long address, long length, int advice) {
        throw unsupported("madvise");
    }

    @Override
    public @Nullable WaitStatus waitid(int idType, int id, int options) {
        throw unsupported("waitid");
    }

    @Override
    public void unshare(int flags) {
        throw unsupported("unshare");
    }

    @Override
    public void setns(int fd, int type) {
        throw unsupported("setns");
    }

    @Override
    public int prctl(int option, long argument2, long argument3, long argument4, long argument5) {
        throw unsupported("prctl");
    }

    @Override
    public ResourceLimit getrlimit(int resource) {
        throw unsupported("getrlimit");
    }

    @Override
    public ResourceLimit prlimit(int pid, int resource, @Nullable ResourceLimit limit) {
        throw unsupported("prlimit");
    }

    @Override
    public int gettid() {
        throw unsupported("gettid");
    }

    @Override
    public int geteuid() {
        throw unsupported("geteuid");
    }

    @Override
    public int posixSpawn(String program, String[] argv, String[] environment, String directory, int[] fds) {
        throw unsupported("posixSpawn");
    }

    @Override
    public int[] pipe2(int flags) {
        throw unsupported("pipe2");
    }

    @Override
    public int[] socketpair(int domain, int type, int protocol) {
        throw unsupported("socketpair");
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        throw unsupported("socket");
    }

    @Override
    public void connectUnix(int fd, String path) {
        throw unsupported("connectUnix");
    }

    @Override
    public void connectInet(int fd, InetAddress address, int port) {
        throw unsupported("connectInet");
    }

    @Override
    public int socketError(int fd) {
        throw unsupported("socketError");
    }

    @Override
    public void shutdown(int fd, int how) {
        throw unsupported("shutdown");
    }

    @Override
    public void bindUnix(int fd, String path) {
        throw unsupported("bindUnix");
    }

    @Override
    public void listen(int fd, int backlog) {
        throw unsupported("listen");
    }

    @Override
    public int accept4(int fd, int flags) {
        throw unsupported("accept4");
    }

    @Override
    public List<Integer> receiveFds(int fd) {
        throw unsupported("receiveFds");
    }

    @Override
    public void sendFds(int fd, List<Integer> fds) {
        throw unsupported("sendFds");
    }

    @Override
    public int eventfd(int initial, int flags) {
        throw unsupported("eventfd");
    }

    @Override
    public int memfdCreate(String name, int flags) {
        throw unsupported("memfdCreate");
    }

    @Override
    public int poll(int fd, int events, int timeoutMillis) {
        throw unsupported("poll");
    }

    @Override
    public int epollCreate() {
        throw unsupported("epollCreate");
    }

    @Override
    public void epollCtl(int epfd, int operation, int fd, int events, long data) {
        throw unsupported("epollCtl");
    }

    @Override
    public int epollWait(int epfd, EpollEvents events, int timeoutMillis) {
        throw unsupported("epollWait");
    }

    @Override
    public int inotifyInit(int flags) {
        throw unsupported("inotifyInit");
    }

    @Override
    public int inotifyAddWatch(int fd, String path, int mask) {
        throw unsupported("inotifyAddWatch");
    }

    @Override
    public void inotifyRmWatch(int fd, int watch) {
        throw unsupported("inotifyRmWatch");
    }
}

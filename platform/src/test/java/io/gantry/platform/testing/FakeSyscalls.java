package io.gantry.platform.testing;

import static io.gantry.platform.linux.LinuxConstants.*;

import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.FilesystemStatus;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A kernel with one file system in memory, root's eyes (no permission is ever refused), and a list of mounts that shows
 * nothing but itself: what is mounted does not hide or show files. Steps can be told to fail, and each call is recorded.
 * What is not about files fails with ENOSYS. {@code SyscallsContract} holds it to what the real kernel does.
 */
public final class FakeSyscalls extends UnsupportedSyscalls {
    /** A mount that stands. */
    public record FakeMount(
            @Nullable String source,
            String target,
            @Nullable String type,
            long flags,
            @Nullable String data) {}

    private static final class Open {
        final FakeFile file;
        final int flags;
        long position;
        boolean listed;

        Open(FakeFile file, int flags) {
            this.file = file;
            this.flags = flags;
        }
    }

    private record Failure(String call, String pathPart, int errno) {}

    private final FakeFile root = new FakeFile(S_IFDIR | 0755);
    private final TreeMap<Integer, Open> open = new TreeMap<>();
    private final List<FakeMount> mounts = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();

    // What tests say and ask.

    /** The next such call fails. */
    public synchronized void failNext(String call, int errno) {
        failNext(call, "", errno);
    }

    /** The next such call whose path or other subject has {@code part} in it fails. */
    public synchronized void failNext(String call, String part, int errno) {
        failures.add(new Failure(call, part, errno));
    }

    /** All calls so far: name, blank, subject. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    public synchronized List<FakeMount> mounts() {
        return List.copyOf(mounts);
    }

    public synchronized int openDescriptors() {
        return open.size();
    }

    /** Makes a directory with its parents. */
    public synchronized void makeDirectories(String path) {
        FakeFile current = root;
        for (String name : path.split("/", -1)) {
            if (!name.isEmpty()) {
                FakeFile next = current.children.get(name);
                current = next != null ? next : put(current, name, new FakeFile(S_IFDIR | 0755));
            }
        }
    }

    /** Makes or replaces a file with this text, and its parents. */
    public synchronized void putText(String path, String text) {
        int slash = path.lastIndexOf('/');
        makeDirectories(path.substring(0, slash));
        FakeFile directory =
                at(AT_FDCWD, path.substring(0, slash + 1), true, "put").require("put", path);
        FakeFile file = put(directory, path.substring(slash + 1), new FakeFile(S_IFREG | 0644));
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        file.write(0, bytes, 0, bytes.length);
    }

    /** The content of a file as text. @throws ErrnoException ENOENT */
    public synchronized String text(String path) {
        FakeFile file = at(AT_FDCWD, path, true, "open").require("open", path);
        return new String(file.content(), StandardCharsets.UTF_8);
    }

    /** The names in a directory, sorted. */
    public synchronized List<String> names(String path) {
        return List.copyOf(
                at(AT_FDCWD, path, true, "open").require("open", path).children.keySet());
    }

    // The kernel.

    private void enter(String call, String subject) {
        calls.add(call + " " + subject);
        Optional<Failure> next = failures.stream()
                .filter(failure -> failure.call.equals(call) && subject.contains(failure.pathPart))
                .findFirst();
        if (next.isPresent()) {
            failures.remove(next.get());
            throw new ErrnoException(next.get().errno, call, subject);
        }
    }

    private FakePaths.Place at(int dirfd, String path, boolean follow, String call) {
        return at(dirfd, path, follow, 0, call);
    }

    private FakePaths.Place at(int dirfd, String path, boolean follow, long resolve, String call) {
        FakeFile start = dirfd == AT_FDCWD || path.startsWith("/") && resolve == 0 ? root : opened(dirfd, call).file;
        return FakePaths.resolve(root, start, path, follow, resolve, call);
    }

    private Open opened(int fd, String call) {
        Open found = open.get(fd);
        if (found == null) {
            throw new ErrnoException(Errno.EBADF, call, "descriptor " + fd);
        }
        return found;
    }

    private int newDescriptor(Open opened, int from) {
        int fd = from;
        while (open.containsKey(fd)) {
            fd++;
        }
        open.put(fd, opened);
        return fd;
    }

    private static FakeFile put(FakeFile directory, String name, FakeFile file) {
        directory.children.put(name, file);
        if (file.isDirectory()) {
            file.parent = directory;
        }
        return file;
    }

    private FakeFile create(int dirfd, String path, FakeFile file, String call) {
        enter(call, path);
        FakePaths.Place place = at(dirfd, path, false, call);
        if (place.file() != null) {
            throw new ErrnoException(Errno.EEXIST, call, path);
        }
        return put(place.directory(), place.name(), file);
    }

    @Override
    public synchronized int openat(int dirfd, String path, int flags, int mode) {
        return open("openat", dirfd, path, flags, mode, 0);
    }

    @Override
    public synchronized int openat2(int dirfd, String path, long flags, int mode, long resolve) {
        return open("openat2", dirfd, path, (int) flags, mode, resolve);
    }

    private int open(String call, int dirfd, String path, int flags, int mode, long resolve) {
        enter(call, path);
        if (path.endsWith("/mountinfo") && path.startsWith("/proc/")) {
            return newDescriptor(new Open(mountInfo(), flags), 3);
        }
        boolean exclusive = (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0;
        boolean noFollow = (flags & O_NOFOLLOW) != 0 || exclusive;
        FakePaths.Place place = at(dirfd, path, !noFollow, resolve, call);
        FakeFile file = place.file();
        if (file != null && exclusive) {
            throw new ErrnoException(Errno.EEXIST, call, path);
        }
        if (file == null) {
            if ((flags & O_CREAT) == 0) {
                throw new ErrnoException(Errno.ENOENT, call, path);
            }
            file = put(place.directory(), place.name(), new FakeFile(S_IFREG | mode & 07777));
        }
        boolean path0 = (flags & O_PATH) != 0;
        boolean writes = (flags & (O_WRONLY | O_RDWR)) != 0;
        if (file.isLink() && !path0) {
            throw new ErrnoException(Errno.ELOOP, call, path);
        }
        if ((flags & O_DIRECTORY) != 0 && !file.isDirectory()) {
            throw new ErrnoException(Errno.ENOTDIR, call, path);
        }
        if (file.isDirectory() && (writes || (flags & O_CREAT) != 0)) {
            throw new ErrnoException(Errno.EISDIR, call, path);
        }
        if ((flags & O_TRUNC) != 0 && writes) {
            file.truncate(0);
        }
        return newDescriptor(new Open(file, flags), 3);
    }

    private FakeFile mountInfo() {
        StringBuilder text = new StringBuilder("1 1 0:1 / / rw - fake / rw\n");
        for (int i = 0; i < mounts.size(); i++) {
            FakeMount mount = mounts.get(i);
            text.append(i + 2)
                    .append(" 1 0:1 / ")
                    .append(mount.target().replace("\\", "\\134").replace(" ", "\\040"))
                    .append((mount.flags() & MS_RDONLY) != 0 ? " ro - " : " rw - ")
                    .append(mount.type() == null ? "fake" : mount.type())
                    .append(" none rw\n");
        }
        FakeFile file = new FakeFile(S_IFREG | 0444);
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        file.write(0, bytes, 0, bytes.length);
        return file;
    }

    @Override
    public synchronized void close(int fd) {
        if (open.remove(fd) == null) {
            throw new ErrnoException(Errno.EBADF, "close", "descriptor " + fd);
        }
    }

    @Override
    public synchronized int dup(int fd) {
        return newDescriptor(opened(fd, "dup"), 3);
    }

    private Open regular(int fd, String call, boolean write) {
        enter(call, "descriptor " + fd);
        Open opened = opened(fd, call);
        int access = opened.flags & (O_WRONLY | O_RDWR);
        boolean allowed = write ? access != 0 : access != O_WRONLY;
        if (!allowed || (opened.flags & O_PATH) != 0) {
            throw new ErrnoException(Errno.EBADF, call, "descriptor " + fd);
        }
        if (opened.file.isDirectory()) {
            throw new ErrnoException(Errno.EISDIR, call, "descriptor " + fd);
        }
        return opened;
    }

    @Override
    public synchronized int read(int fd, byte[] buffer, int offset, int length) {
        Open opened = regular(fd, "read", false);
        int count = opened.file.read(opened.position, buffer, offset, length);
        opened.position += count;
        return count;
    }

    @Override
    public synchronized int read(int fd, ByteBuffer direct) {
        byte[] bytes = new byte[direct.remaining()];
        int count = read(fd, bytes, 0, bytes.length);
        direct.put(bytes, 0, count);
        return count;
    }

    @Override
    public synchronized int write(int fd, byte[] buffer, int offset, int length) {
        Open opened = regular(fd, "write", true);
        if ((opened.flags & O_APPEND) != 0) {
            opened.position = opened.file.size();
        }
        opened.file.write(opened.position, buffer, offset, length);
        opened.position += length;
        return length;
    }

    @Override
    public synchronized int write(int fd, ByteBuffer direct) {
        byte[] bytes = new byte[direct.remaining()];
        direct.get(bytes);
        return write(fd, bytes, 0, bytes.length);
    }

    @Override
    public synchronized int pread(int fd, byte[] buffer, int offset, int length, long position) {
        return regular(fd, "pread", false).file.read(position, buffer, offset, length);
    }

    @Override
    public synchronized int pwrite(int fd, byte[] buffer, int offset, int length, long position) {
        regular(fd, "pwrite", true).file.write(position, buffer, offset, length);
        return length;
    }

    @Override
    public synchronized long lseek(int fd, long offset, int whence) {
        Open opened = opened(fd, "lseek");
        long base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? opened.position : opened.file.size();
        opened.position = base + offset;
        opened.listed = opened.listed && opened.position != 0;
        return opened.position;
    }

    @Override
    public synchronized void ftruncate(int fd, long length) {
        regular(fd, "ftruncate", true).file.truncate(length);
    }

    @Override
    public synchronized void fallocate(int fd, int mode, long offset, long length) {
        FakeFile file = regular(fd, "fallocate", true).file;
        if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && offset + length > file.size()) {
            file.truncate(offset + length);
        }
    }

    @Override
    public synchronized void fsync(int fd) {
        enter("fsync", "descriptor " + fd);
        opened(fd, "fsync");
    }

    @Override
    public synchronized void fdatasync(int fd) {
        enter("fdatasync", "descriptor " + fd);
        opened(fd, "fdatasync");
    }

    @Override
    public synchronized void syncfs(int fd) {
        enter("syncfs", "descriptor " + fd);
        opened(fd, "syncfs");
    }

    @Override
    public synchronized void syncFileRange(int fd, long offset, long length, int flags) {
        enter("sync_file_range", "descriptor " + fd);
        opened(fd, "sync_file_range");
    }

    @Override
    public synchronized void flock(int fd, int operation) {
        enter("flock", "descriptor " + fd);
        opened(fd, "flock");
    }

    @Override
    public synchronized void fchmod(int fd, int mode) {
        enter("fchmod", "descriptor " + fd);
        FakeFile file = opened(fd, "fchmod").file;
        file.mode = file.type() | mode & 07777;
    }

    @Override
    public synchronized void fchown(int fd, int uid, int gid) {
        enter("fchown", "descriptor " + fd);
        opened(fd, "fchown").file.own(uid, gid);
    }

    @Override
    public synchronized void futimens(int fd, long aSeconds, long aNanos, long mSeconds, long mNanos) {
        enter("futimens", "descriptor " + fd);
        opened(fd, "futimens").file.touch(aSeconds, aNanos, mSeconds, mNanos);
    }

    @Override
    public synchronized void fsetxattr(int fd, String name, byte[] value, int flags) {
        enter("fsetxattr", name);
        opened(fd, "fsetxattr").file.setAttribute("fsetxattr", name, value, flags);
    }

    @Override
    public synchronized void setxattr(String path, String name, byte[] value, int flags) {
        enter("setxattr", path + " " + name);
        attributed(path, true, "setxattr").setAttribute("setxattr", name, value, flags);
    }

    @Override
    public synchronized void lsetxattr(String path, String name, byte[] value, int flags) {
        enter("lsetxattr", path + " " + name);
        attributed(path, false, "lsetxattr").setAttribute("lsetxattr", name, value, flags);
    }

    @Override
    public synchronized byte @Nullable [] lgetxattr(String path, String name) {
        byte[] value = attributed(path, false, "lgetxattr").attributes.get(name);
        return value == null ? null : value.clone();
    }

    @Override
    public synchronized List<String> llistxattr(String path) {
        return attributed(path, false, "llistxattr").attributes.keySet().stream()
                .sorted()
                .toList();
    }

    private FakeFile attributed(String path, boolean follow, String call) {
        String descriptors = "/proc/self/fd/";
        return path.startsWith(descriptors)
                ? opened(Integer.parseInt(path.substring(descriptors.length())), call).file
                : at(AT_FDCWD, path, follow, call).require(call, path);
    }

    @Override
    public FilesystemStatus statfs(String path) {
        return new FilesystemStatus(FilesystemStatus.TMPFS, 4096, 1 << 20, 1 << 19, 1 << 19, 1 << 20, 1 << 19);
    }

    @Override
    public synchronized void mkdirat(int dirfd, String path, int mode) {
        create(dirfd, path, new FakeFile(S_IFDIR | mode & 07777), "mkdirat");
    }

    @Override
    public synchronized void mknodat(int dirfd, String path, int mode, int major, int minor) {
        FakeFile node = create(dirfd, path, new FakeFile(mode), "mknodat");
        node.major = major;
        node.minor = minor;
    }

    @Override
    public synchronized void symlinkat(String target, int dirfd, String path) {
        create(dirfd, path, new FakeFile(S_IFLNK | 0777), "symlinkat").target = target;
    }

    @Override
    public synchronized void linkat(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags) {
        FakeFile file = (flags & AT_EMPTY_PATH) != 0 && oldPath.isEmpty()
                ? opened(oldDirfd, "linkat").file
                : at(oldDirfd, oldPath, (flags & AT_SYMLINK_FOLLOW) != 0, "linkat")
                        .require("linkat", oldPath);
        if (file.isDirectory()) {
            throw new ErrnoException(Errno.EPERM, "linkat", oldPath);
        }
        create(newDirfd, newPath, file, "linkat").links++;
    }

    @Override
    public synchronized void unlinkat(int dirfd, String path, int flags) {
        enter("unlinkat", path);
        FakePaths.Place place = at(dirfd, path, false, "unlinkat");
        FakeFile file = place.require("unlinkat", path);
        boolean directory = (flags & AT_REMOVEDIR) != 0;
        if (directory != file.isDirectory()) {
            throw new ErrnoException(directory ? Errno.ENOTDIR : Errno.EISDIR, "unlinkat", path);
        }
        if (!file.children.isEmpty()) {
            throw new ErrnoException(Errno.ENOTEMPTY, "unlinkat", path);
        }
        place.directory().children.remove(place.name());
        file.links--;
    }

    @Override
    public synchronized void renameat2(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags) {
        enter("renameat2", oldPath + " " + newPath);
        FakePaths.Place from = at(oldDirfd, oldPath, false, "renameat2");
        FakePaths.Place to = at(newDirfd, newPath, false, "renameat2");
        FakeFile moved = from.require("renameat2", oldPath);
        FakeFile replaced = to.file();
        if ((flags & RENAME_EXCHANGE) != 0) {
            put(from.directory(), from.name(), to.require("renameat2", newPath));
            put(to.directory(), to.name(), moved);
            return;
        }
        if (replaced != null) {
            checkReplace(moved, replaced, flags, newPath);
        }
        if (replaced != moved) {
            from.directory().children.remove(from.name());
            put(to.directory(), to.name(), moved);
        }
    }

    private static void checkReplace(FakeFile moved, FakeFile replaced, int flags, String path) {
        int errno = (flags & RENAME_NOREPLACE) != 0
                ? Errno.EEXIST
                : moved.isDirectory() && !replaced.isDirectory()
                        ? Errno.ENOTDIR
                        : !moved.isDirectory() && replaced.isDirectory()
                                ? Errno.EISDIR
                                : replaced.children.isEmpty() ? 0 : Errno.ENOTEMPTY;
        if (errno != 0) {
            throw new ErrnoException(errno, "renameat2", path);
        }
    }

    @Override
    public synchronized String readlinkat(int dirfd, String path) {
        FakeFile file = at(dirfd, path, false, "readlinkat").require("readlinkat", path);
        if (!file.isLink()) {
            throw new ErrnoException(Errno.EINVAL, "readlinkat", path);
        }
        return file.target;
    }

    @Override
    public synchronized void fchownat(int dirfd, String path, int uid, int gid, int flags) {
        enter("fchownat", path);
        named(dirfd, path, flags, "fchownat").own(uid, gid);
    }

    @Override
    public synchronized void fchmodat(int dirfd, String path, int mode) {
        enter("fchmodat", path);
        FakeFile file = named(dirfd, path, 0, "fchmodat");
        file.mode = file.type() | mode & 07777;
    }

    @Override
    public synchronized void utimensat(
            int dirfd, String path, long aSeconds, long aNanos, long mSeconds, long mNanos, int flags) {
        enter("utimensat", path);
        named(dirfd, path, flags, "utimensat").touch(aSeconds, aNanos, mSeconds, mNanos);
    }

    @Override
    public synchronized FileStatus fstatat(int dirfd, String path, int flags) {
        return named(dirfd, path, flags, "statx").status();
    }

    private FakeFile named(int dirfd, String path, int flags, String call) {
        if (path.isEmpty() && (flags & AT_EMPTY_PATH) != 0) {
            return opened(dirfd, call).file;
        }
        return at(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, call).require(call, path);
    }

    @Override
    public synchronized List<DirectoryEntry> getdents(int fd) {
        Open opened = opened(fd, "getdents64");
        if (!opened.file.isDirectory()) {
            throw new ErrnoException(Errno.ENOTDIR, "getdents64", "descriptor " + fd);
        }
        if (opened.listed) {
            return List.of();
        }
        opened.listed = true;
        return opened.file.children.entrySet().stream()
                .map(entry -> new DirectoryEntry(
                        entry.getKey(), entry.getValue().inode, entry.getValue().type() >> 12))
                .toList();
    }

    @Override
    public synchronized void mount(
            @Nullable String source, String target, @Nullable String type, long flags, @Nullable String data) {
        enter("mount", target);
        at(AT_FDCWD, target, true, "mount").require("mount", target);
        if ((flags & (MS_REMOUNT | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)) == 0) {
            mounts.add(new FakeMount(source, target, type, flags, data));
        }
    }

    @Override
    public synchronized void mountSetattr(
            int dirfd, String path, int flags, long toSet, long toClear, long propagation, int usernsFd) {
        enter("mount_setattr", path);
        for (int i = mounts.size() - 1; i >= 0; i--) {
            FakeMount mount = mounts.get(i);
            if (mount.target().equals(path)) {
                long changed = (toSet & MOUNT_ATTR_RDONLY) != 0 ? mount.flags() | MS_RDONLY : mount.flags();
                mounts.set(i, new FakeMount(mount.source(), path, mount.type(), changed, mount.data()));
                return;
            }
        }
        throw new ErrnoException(Errno.EINVAL, "mount_setattr", path);
    }

    @Override
    public synchronized void umount2(String target, int flags) {
        enter("umount2", target);
        for (int i = mounts.size() - 1; i >= 0; i--) {
            if (mounts.get(i).target().equals(target)) {
                mounts.remove(i);
                return;
            }
        }
        throw new ErrnoException(Errno.EINVAL, "umount2", target);
    }

    @Override
    public int geteuid() {
        return 0;
    }
}

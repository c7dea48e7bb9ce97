package io.gantry.platform.linux;

import static io.gantry.platform.linux.LinuxConstants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the file calls do, on the real kernel and on the fake alike. */
abstract class SyscallsContract {
    private Syscalls syscalls;
    private int dir;

    abstract Syscalls syscalls();

    /** An empty directory. */
    abstract String directory();

    @BeforeEach
    void openDirectory() {
        syscalls = syscalls();
        dir = syscalls.openat(AT_FDCWD, directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    }

    @AfterEach
    void closeDirectory() {
        if (syscalls != null) {
            syscalls.close(dir);
        }
    }

    private static void assertErrno(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
    }

    private int create(String path) {
        return syscalls.openat(dir, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    }

    private void file(String path, String text) {
        int fd = create(path);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        syscalls.write(fd, bytes, 0, bytes.length);
        syscalls.close(fd);
    }

    private String text(String path, long resolve) {
        int fd = syscalls.openat2(dir, path, O_RDONLY | O_CLOEXEC, 0, resolve);
        byte[] bytes = new byte[100];
        int size = syscalls.read(fd, bytes, 0, bytes.length);
        syscalls.close(fd);
        return new String(bytes, 0, size, StandardCharsets.UTF_8);
    }

    private FileStatus status(String path) {
        return syscalls.fstatat(dir, path, AT_SYMLINK_NOFOLLOW);
    }

    @Test
    void writesAndReadsAtPositions() {
        int fd = create("file");
        byte[] bytes = "0123456789".getBytes(StandardCharsets.UTF_8);
        assertThat(syscalls.write(fd, bytes, 2, 5)).isEqualTo(5);
        assertThat(syscalls.pwrite(fd, bytes, 0, 2, 5)).isEqualTo(2);
        byte[] read = new byte[10];
        assertThat(syscalls.pread(fd, read, 1, 9, 0)).isEqualTo(7);
        assertThat(new String(read, 1, 7, StandardCharsets.UTF_8)).isEqualTo("2345601");
        assertThat(syscalls.lseek(fd, 0, SEEK_SET)).isZero();
        ByteBuffer direct = ByteBuffer.allocateDirect(10);
        direct.position(3);
        assertThat(syscalls.read(fd, direct)).isEqualTo(7);
        assertThat(direct.position()).isEqualTo(10);
        assertThat(direct.get(3)).isEqualTo((byte) '2');
        assertThat(syscalls.read(fd, read, 0, 10)).isZero();
        direct.position(4).limit(6);
        assertThat(syscalls.write(fd, direct)).isEqualTo(2);
        assertThat(direct.remaining()).isZero();
        syscalls.close(fd);
        assertThat(text("file", 0)).isEqualTo("234560134");
        assertErrno(Errno.EBADF, () -> syscalls.read(fd, read, 0, 1));
    }

    @Test
    void largeArraysAtOffsets() {
        int fd = create("large");
        byte[] bytes = new byte[1 << 20];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31);
        }
        assertThat(syscalls.write(fd, bytes, bytes.length / 2, 1000)).isEqualTo(1000);
        byte[] read = new byte[1 << 20];
        assertThat(syscalls.pread(fd, read, 500_000, 2000, 0)).isEqualTo(1000);
        assertThat(Arrays.copyOfRange(read, 500_000, 501_000))
                .isEqualTo(Arrays.copyOfRange(bytes, bytes.length / 2, bytes.length / 2 + 1000));
        syscalls.close(fd);
    }

    @Test
    void truncatesAndAllocates() {
        int fd = create("file");
        syscalls.write(fd, new byte[] {1, 2, 3}, 0, 3);
        syscalls.ftruncate(fd, 1);
        syscalls.fallocate(fd, 0, 0, 10);
        byte[] read = new byte[20];
        assertThat(syscalls.pread(fd, read, 0, 20, 0)).isEqualTo(10);
        assertThat(read[0]).isEqualTo((byte) 1);
        assertThat(read[1]).isZero();
        syscalls.fsync(fd);
        syscalls.fdatasync(fd);
        syscalls.close(fd);
        assertThat(status("file").size()).isEqualTo(10);
    }

    @Test
    void opensAsAsked() {
        file("file", "text");
        syscalls.mkdirat(dir, "dir", 0755);
        syscalls.symlinkat("file", dir, "link");
        assertErrno(Errno.EEXIST, () -> create("file"));
        assertErrno(Errno.EEXIST, () -> create("link"));
        assertErrno(Errno.ENOENT, () -> syscalls.openat(dir, "missing", O_RDONLY, 0));
        assertErrno(Errno.ENOENT, () -> syscalls.openat(dir, "missing/file", O_RDWR | O_CREAT, 0644));
        assertErrno(Errno.ENOTDIR, () -> syscalls.openat(dir, "file/x", O_RDONLY, 0));
        assertErrno(Errno.ENOTDIR, () -> syscalls.openat(dir, "file", O_RDONLY | O_DIRECTORY, 0));
        assertErrno(Errno.EISDIR, () -> syscalls.openat(dir, "dir", O_WRONLY, 0));
        assertErrno(Errno.ELOOP, () -> syscalls.openat(dir, "link", O_RDONLY | O_NOFOLLOW, 0));
        int truncated = syscalls.openat(dir, "link", O_WRONLY | O_TRUNC | O_CLOEXEC, 0);
        assertErrno(Errno.EBADF, () -> syscalls.read(truncated, new byte[1], 0, 1));
        syscalls.close(truncated);
        assertThat(text("file", 0)).isEmpty();
        int path = syscalls.openat(dir, "file", O_PATH | O_CLOEXEC, 0);
        assertErrno(Errno.EBADF, () -> syscalls.write(path, new byte[1], 0, 1));
        assertThat(syscalls.fstatat(path, "", AT_EMPTY_PATH).isSameFile(status("file")))
                .isTrue();
        syscalls.close(path);
    }

    @Test
    void resolvesBelowADirectoryOnly() {
        syscalls.mkdirat(dir, "root", 0755);
        syscalls.mkdirat(dir, "root/etc", 0755);
        file("outside", "outside");
        file("root/etc/inside", "inside");
        syscalls.symlinkat("/etc/inside", dir, "root/absolute");
        syscalls.symlinkat("../../outside", dir, "root/escape");
        syscalls.symlinkat("etc/inside", dir, "root/relative");
        syscalls.symlinkat("loop", dir, "root/loop");
        int root = syscalls.openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
        int outer = dir;
        dir = root;
        try {
            assertThat(text("absolute", RESOLVE_IN_ROOT)).isEqualTo("inside");
            assertThat(text("/etc/../../etc/inside", RESOLVE_IN_ROOT)).isEqualTo("inside");
            assertThat(text("relative", RESOLVE_BENEATH)).isEqualTo("inside");
            assertErrno(Errno.ENOENT, () -> text("escape", RESOLVE_IN_ROOT));
            assertErrno(Errno.EXDEV, () -> text("escape", RESOLVE_BENEATH));
            assertErrno(Errno.EXDEV, () -> text("../outside", RESOLVE_BENEATH));
            assertErrno(Errno.EXDEV, () -> text("absolute", RESOLVE_BENEATH));
            assertErrno(Errno.ELOOP, () -> text("relative", RESOLVE_NO_SYMLINKS));
            assertErrno(Errno.ELOOP, () -> text("loop", 0));
        } finally {
            dir = outer;
            syscalls.close(root);
        }
    }

    @Test
    void makesLinksNodesAndDirectories() {
        file("file", "text");
        syscalls.linkat(dir, "file", dir, "hard", 0);
        assertThat(status("hard").isSameFile(status("file"))).isTrue();
        assertThat(status("file").links()).isEqualTo(2);
        syscalls.symlinkat("töpfe/日本", dir, "soft");
        assertThat(syscalls.readlinkat(dir, "soft")).isEqualTo("töpfe/日本");
        assertThat(status("soft").isSymlink()).isTrue();
        syscalls.mknodat(dir, "fifo", S_IFIFO | 0600, 0, 0);
        assertThat(status("fifo").type()).isEqualTo(S_IFIFO);
        syscalls.mkdirat(dir, "dir", 0700);
        assertThat(status("dir").isDirectory()).isTrue();
        assertThat(status("dir").permissions()).isEqualTo(0700);
        assertErrno(Errno.EEXIST, () -> syscalls.mkdirat(dir, "dir", 0700));
        assertErrno(Errno.EEXIST, () -> syscalls.symlinkat("x", dir, "soft"));
        assertErrno(Errno.EEXIST, () -> syscalls.linkat(dir, "file", dir, "hard", 0));
        assertErrno(Errno.EPERM, () -> syscalls.linkat(dir, "dir", dir, "hard-dir", 0));
        assertErrno(Errno.EINVAL, () -> syscalls.readlinkat(dir, "file"));
        assertErrno(Errno.ENOENT, () -> syscalls.linkat(dir, "missing", dir, "x", 0));
    }

    @Test
    void listsNames() {
        file("b", "");
        syscalls.mkdirat(dir, "d", 0755);
        syscalls.symlinkat("b", dir, "l");
        file("non-utf8-\udcff\udc80", "");
        int list = syscalls.openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        List<DirectoryEntry> entries = syscalls.getdents(list);
        assertThat(entries)
                .extracting(DirectoryEntry::name)
                .containsExactlyInAnyOrder("b", "d", "l", "non-utf8-\udcff\udc80");
        assertThat(entries).filteredOn(DirectoryEntry::isDirectory).hasSize(1);
        assertThat(syscalls.getdents(list)).isEmpty();
        syscalls.close(list);
    }

    @Test
    void removes() {
        file("file", "");
        syscalls.mkdirat(dir, "dir", 0755);
        file("dir/file", "");
        assertErrno(Errno.EISDIR, () -> syscalls.unlinkat(dir, "dir", 0));
        assertErrno(Errno.ENOTDIR, () -> syscalls.unlinkat(dir, "file", AT_REMOVEDIR));
        assertErrno(Errno.ENOTEMPTY, () -> syscalls.unlinkat(dir, "dir", AT_REMOVEDIR));
        syscalls.unlinkat(dir, "dir/file", 0);
        syscalls.unlinkat(dir, "dir", AT_REMOVEDIR);
        assertErrno(Errno.ENOENT, () -> syscalls.unlinkat(dir, "dir", AT_REMOVEDIR));
        assertThat(syscalls.fstatatIfExists(dir, "dir", 0)).isNull();
        assertThat(syscalls.fstatatIfExists(dir, "file/below", 0)).isNull();
        assertThat(syscalls.fstatatIfExists(dir, "file", 0)).isNotNull();
    }

    @Test
    void renames() {
        file("a", "a");
        file("b", "b");
        syscalls.mkdirat(dir, "d", 0755);
        assertErrno(Errno.EEXIST, () -> syscalls.renameat2(dir, "a", dir, "b", RENAME_NOREPLACE));
        assertErrno(Errno.EISDIR, () -> syscalls.renameat2(dir, "a", dir, "d", 0));
        assertErrno(Errno.ENOTDIR, () -> syscalls.renameat2(dir, "d", dir, "a", 0));
        syscalls.renameat2(dir, "a", dir, "b", RENAME_EXCHANGE);
        assertThat(text("a", 0)).isEqualTo("b");
        syscalls.renameat2(dir, "a", dir, "d/c", 0);
        assertThat(text("d/c", 0)).isEqualTo("b");
        assertErrno(Errno.ENOENT, () -> syscalls.renameat2(dir, "a", dir, "x", 0));
        syscalls.mkdirat(dir, "e", 0755);
        assertErrno(Errno.ENOTEMPTY, () -> syscalls.renameat2(dir, "e", dir, "d", 0));
        syscalls.renameat2(dir, "d", dir, "e", 0);
        assertThat(text("e/c", 0)).isEqualTo("b");
    }

    @Test
    void setsModesAndTimes() {
        file("file", "");
        syscalls.symlinkat("file", dir, "link");
        syscalls.fchmodat(dir, "link", 04750);
        assertThat(status("file").permissions()).isEqualTo(04750);
        syscalls.utimensat(dir, "file", 1, 2, 1_700_000_000L, 123_456_789, 0);
        syscalls.utimensat(dir, "file", 5, 0, 0, UTIME_OMIT, 0);
        assertThat(status("file").mtimeSeconds()).isEqualTo(1_700_000_000L);
        assertThat(status("file").mtimeNanos()).isEqualTo(123_456_789);
        syscalls.utimensat(dir, "link", 0, 0, -5, 0, AT_SYMLINK_NOFOLLOW);
        assertThat(status("link").mtimeSeconds()).isEqualTo(-5);
        assertThat(status("file").mtimeSeconds()).isEqualTo(1_700_000_000L);
        int fd = syscalls.openat(dir, "file", O_RDWR | O_CLOEXEC, 0);
        syscalls.futimens(fd, 0, 0, 42, 0);
        syscalls.fchmod(fd, 0600);
        syscalls.close(fd);
        assertThat(status("file").mtimeSeconds()).isEqualTo(42);
        assertThat(status("file").permissions()).isEqualTo(0600);
    }

    @Test
    void duplicatesShareThePosition() {
        int fd = create("file");
        int other = syscalls.dup(fd);
        syscalls.write(fd, new byte[] {1, 2}, 0, 2);
        assertThat(syscalls.lseek(other, 0, SEEK_CUR)).isEqualTo(2);
        syscalls.close(fd);
        syscalls.write(other, new byte[] {3}, 0, 1);
        syscalls.close(other);
        assertThat(status("file").size()).isEqualTo(3);
    }

    @Test
    void ownersAndDevicesAndAttributes() {
        assumePrivileged();
        file("file", "");
        syscalls.symlinkat("file", dir, "link");
        syscalls.fchownat(dir, "link", 1234, 5678, AT_SYMLINK_NOFOLLOW);
        assertThat(status("link").uid()).isEqualTo(1234);
        assertThat(status("file").uid()).isNotEqualTo(1234);
        syscalls.fchmodat(dir, "file", 04755);
        syscalls.fchownat(dir, "file", 7, -1, 0);
        assertThat(status("file").uid()).isEqualTo(7);
        assertThat(status("file").permissions())
                .as("a change of owner drops setuid")
                .isEqualTo(0755);
        syscalls.mknodat(dir, "device", S_IFCHR | 0600, 1000, 70000);
        assertThat(status("device").rdevMajor()).isEqualTo(1000);
        assertThat(status("device").rdevMinor()).isEqualTo(70000);

        int path = syscalls.openat(dir, "file", O_PATH | O_CLOEXEC, 0);
        String byDescriptor = "/proc/self/fd/" + path;
        String byPath = directory() + "/file";
        syscalls.setxattr(byDescriptor, "trusted.test", new byte[] {1, 0, 2}, 0);
        syscalls.close(path);
        assertThat(syscalls.lgetxattr(byPath, "trusted.test")).containsExactly(1, 0, 2);
        assertThat(syscalls.lgetxattr(byPath, "trusted.other")).isNull();
        assertThat(syscalls.llistxattr(byPath)).contains("trusted.test");
        assertErrno(Errno.EEXIST, () -> syscalls.lsetxattr(byPath, "trusted.test", new byte[1], XATTR_CREATE));
        assertErrno(Errno.ENODATA, () -> syscalls.lsetxattr(byPath, "trusted.other", new byte[1], XATTR_REPLACE));
    }

    void assumePrivileged() {}
}

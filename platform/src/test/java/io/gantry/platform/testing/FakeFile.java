package io.gantry.platform.testing;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.LinuxConstants;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One inode of {@link FakeSyscalls}. Guarded by the fake. */
final class FakeFile {
    private static final AtomicLong INODES = new AtomicLong();

    final long inode = INODES.incrementAndGet();
    final TreeMap<String, FakeFile> children = new TreeMap<>();
    final TreeMap<String, byte[]> attributes = new TreeMap<>();
    int mode;
    int uid;
    int gid;
    int links = 1;
    int major;
    int minor;
    long atimeSeconds;
    long atimeNanos;
    long mtimeSeconds;
    long mtimeNanos;
    String target = "";

    @Nullable
    FakeFile parent;

    private byte[] content = new byte[0];
    private int size;

    FakeFile(int mode) {
        this.mode = mode;
    }

    int type() {
        return mode & LinuxConstants.S_IFMT;
    }

    boolean isDirectory() {
        return type() == LinuxConstants.S_IFDIR;
    }

    boolean isLink() {
        return type() == LinuxConstants.S_IFLNK;
    }

    int size() {
        return size;
    }

    byte[] content() {
        return Arrays.copyOf(content, size);
    }

    int read(long position, byte[] buffer, int offset, int length) {
        int count = (int) Math.max(0, Math.min(length, size - position));
        if (count > 0) {
            System.arraycopy(content, (int) position, buffer, offset, count);
        }
        return count;
    }

    void write(long position, byte[] buffer, int offset, int length) {
        int end = (int) position + length;
        if (end > content.length) {
            content = Arrays.copyOf(content, Math.max(end, content.length * 2));
        }
        System.arraycopy(buffer, offset, content, (int) position, length);
        size = Math.max(size, end);
    }

    void truncate(long length) {
        content = Arrays.copyOf(Arrays.copyOf(content, Math.min(size, (int) length)), (int) length);
        size = (int) length;
    }

    FileStatus status() {
        long shown = isLink() ? target.length() : size;
        return new FileStatus(
                inode,
                mode,
                links,
                uid,
                gid,
                shown,
                (size + 511) / 512,
                mtimeSeconds,
                (int) mtimeNanos,
                0,
                1,
                major,
                minor);
    }

    void own(int uid, int gid) {
        this.uid = uid == -1 ? this.uid : uid;
        this.gid = gid == -1 ? this.gid : gid;
        if (!isDirectory() && !isLink()) {
            mode &= ~06000;
        }
    }

    void touch(long aSeconds, long aNanos, long mSeconds, long mNanos) {
        if (aNanos != LinuxConstants.UTIME_OMIT) {
            atimeSeconds = aSeconds;
            atimeNanos = aNanos;
        }
        if (mNanos != LinuxConstants.UTIME_OMIT) {
            mtimeSeconds = mSeconds;
            mtimeNanos = mNanos;
        }
    }

    void setAttribute(String call, String name, byte[] value, int flags) {
        boolean present = attributes.containsKey(name);
        if (present && (flags & LinuxConstants.XATTR_CREATE) != 0) {
            throw new ErrnoException(Errno.EEXIST, call, name);
        }
        if (!present && (flags & LinuxConstants.XATTR_REPLACE) != 0) {
            throw new ErrnoException(Errno.ENODATA, call, name);
        }
        attributes.put(name, value.clone());
    }
}

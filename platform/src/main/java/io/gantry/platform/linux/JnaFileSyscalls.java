package io.gantry.platform.linux;

import static io.gantry.platform.linux.JnaCalls.error;
import static io.gantry.platform.linux.JnaCalls.fd;
import static io.gantry.platform.linux.JnaCalls.fits;
import static io.gantry.platform.linux.JnaCalls.longAt;
import static io.gantry.platform.linux.JnaCalls.retried;
import static io.gantry.platform.linux.JnaCalls.source;
import static io.gantry.platform.linux.PathBytes.terminated;

import com.sun.jna.LastErrorException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The native {@link FileSyscalls}. */
interface JnaFileSyscalls extends FileSyscalls {
    @Override
    default void close(int fd) {
        try {
            Libc.close(fd);
        } catch (LastErrorException e) {
            throw error(e, "close", fd(fd));
        }
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // Whether the caller's array itself was filled.
    default int read(int fd, byte[] buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        byte[] target = fits(buffer, offset, length) ? buffer : new byte[length];
        int count = (int) retried(() -> Libc.read(fd, target, length), "read", fd);
        if (target != buffer) {
            System.arraycopy(target, 0, buffer, offset, count);
        }
        return count;
    }

    @Override
    default int read(int fd, ByteBuffer direct) {
        ByteBuffer slice = direct.slice();
        int count = (int) retried(() -> Libc.read(fd, slice, slice.remaining()), "read", fd);
        direct.position(direct.position() + count);
        return count;
    }

    @Override
    default int write(int fd, byte[] buffer, int offset, int length) {
        byte[] source = source(buffer, offset, length);
        return (int) retried(() -> Libc.write(fd, source, length), "write", fd);
    }

    @Override
    default int write(int fd, ByteBuffer direct) {
        ByteBuffer slice = direct.slice();
        int count = (int) retried(() -> Libc.write(fd, slice, slice.remaining()), "write", fd);
        direct.position(direct.position() + count);
        return count;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // Whether the caller's array itself was filled.
    default int pread(int fd, byte[] buffer, int offset, int length, long position) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        byte[] target = fits(buffer, offset, length) ? buffer : new byte[length];
        int count = (int) retried(() -> Libc.pread(fd, target, length, position), "pread", fd);
        if (target != buffer) {
            System.arraycopy(target, 0, buffer, offset, count);
        }
        return count;
    }

    @Override
    default int pwrite(int fd, byte[] buffer, int offset, int length, long position) {
        byte[] source = source(buffer, offset, length);
        return (int) retried(() -> Libc.pwrite(fd, source, length, position), "pwrite", fd);
    }

    @Override
    default long lseek(int fd, long offset, int whence) {
        try {
            return Libc.lseek(fd, offset, whence);
        } catch (LastErrorException e) {
            throw error(e, "lseek", fd(fd));
        }
    }

    @Override
    default void fsync(int fd) {
        retried(() -> Libc.fsync(fd), "fsync", fd);
    }

    @Override
    default void fdatasync(int fd) {
        retried(() -> Libc.fdatasync(fd), "fdatasync", fd);
    }

    @Override
    default void syncfs(int fd) {
        retried(() -> Libc.syncfs(fd), "syncfs", fd);
    }

    @Override
    default void syncFileRange(int fd, long offset, long length, int flags) {
        retried(() -> Libc.sync_file_range(fd, offset, length, flags), "sync_file_range", fd);
    }

    @Override
    default void flock(int fd, int operation) {
        retried(() -> Libc.flock(fd, operation), "flock", fd);
    }

    @Override
    default void ftruncate(int fd, long length) {
        retried(() -> Libc.ftruncate(fd, length), "ftruncate", fd);
    }

    @Override
    default void fallocate(int fd, int mode, long offset, long length) {
        retried(() -> Libc.fallocate(fd, mode, offset, length), "fallocate", fd);
    }

    @Override
    default void fchmod(int fd, int mode) {
        try {
            Libc.fchmod(fd, mode);
        } catch (LastErrorException e) {
            throw error(e, "fchmod", fd(fd));
        }
    }

    @Override
    default void fchown(int fd, int uid, int gid) {
        try {
            Libc.fchown(fd, uid, gid);
        } catch (LastErrorException e) {
            throw error(e, "fchown", fd(fd));
        }
    }

    @Override
    default void futimens(int fd, long atimeSeconds, long atimeNanos, long mtimeSeconds, long mtimeNanos) {
        try {
            Libc.futimens(fd, new long[] {atimeSeconds, atimeNanos, mtimeSeconds, mtimeNanos});
        } catch (LastErrorException e) {
            throw error(e, "futimens", fd(fd));
        }
    }

    @Override
    default void fsetxattr(int fd, String name, byte[] value, int flags) {
        try {
            Libc.fsetxattr(fd, terminated(name), value, value.length, flags);
        } catch (LastErrorException e) {
            throw error(e, "fsetxattr", fd(fd) + " " + name);
        }
    }

    @Override
    default void setxattr(String path, String name, byte[] value, int flags) {
        try {
            Libc.setxattr(terminated(path), terminated(name), value, value.length, flags);
        } catch (LastErrorException e) {
            throw error(e, "setxattr", path + " " + name);
        }
    }

    @Override
    default void lsetxattr(String path, String name, byte[] value, int flags) {
        try {
            Libc.lsetxattr(terminated(path), terminated(name), value, value.length, flags);
        } catch (LastErrorException e) {
            throw error(e, "lsetxattr", path + " " + name);
        }
    }

    @Override
    default byte @Nullable [] lgetxattr(String path, String name) {
        byte[] buffer = new byte[256];
        while (true) {
            try {
                int size = (int) Libc.lgetxattr(terminated(path), terminated(name), buffer, buffer.length);
                return Arrays.copyOf(buffer, size);
            } catch (LastErrorException e) {
                if (e.getErrorCode() == Errno.ENODATA) {
                    return null;
                }
                if (e.getErrorCode() != Errno.ERANGE || buffer.length >= 65536) {
                    throw error(e, "lgetxattr", path + " " + name);
                }
                buffer = new byte[65536];
            }
        }
    }

    @Override
    default List<String> llistxattr(String path) {
        byte[] buffer = new byte[1024];
        while (true) {
            try {
                int size = (int) Libc.llistxattr(terminated(path), buffer, buffer.length);
                List<String> names = new ArrayList<>();
                int start = 0;
                for (int at = 0; at < size; at++) {
                    if (buffer[at] == 0) {
                        names.add(PathBytes.decode(buffer, start, at - start));
                        start = at + 1;
                    }
                }
                names.sort(null);
                return names;
            } catch (LastErrorException e) {
                if (e.getErrorCode() == Errno.EOPNOTSUPP) {
                    return List.of();
                }
                if (e.getErrorCode() != Errno.ERANGE || buffer.length >= 65536) {
                    throw error(e, "llistxattr", path);
                }
                buffer = new byte[65536];
            }
        }
    }

    @Override
    default FilesystemStatus statfs(String path) {
        byte[] result = new byte[256];
        try {
            Libc.statfs(terminated(path), result);
        } catch (LastErrorException e) {
            throw error(e, "statfs", path);
        }
        return new FilesystemStatus(
                longAt(result, 0),
                longAt(result, 8),
                longAt(result, 16),
                longAt(result, 24),
                longAt(result, 32),
                longAt(result, 40),
                longAt(result, 48));
    }

    @Override
    default int dup(int fd) {
        return fcntl(fd, LinuxConstants.F_DUPFD_CLOEXEC, 0);
    }

    @Override
    default int fcntl(int fd, int command, long argument) {
        try {
            return Libc.fcntl(fd, command, argument);
        } catch (LastErrorException e) {
            throw error(e, "fcntl", fd(fd));
        }
    }

    @Override
    default int ioctl(int fd, long request, byte[] argument) {
        try {
            return Libc.ioctl(fd, request, argument);
        } catch (LastErrorException e) {
            throw error(e, "ioctl", fd(fd));
        }
    }
}

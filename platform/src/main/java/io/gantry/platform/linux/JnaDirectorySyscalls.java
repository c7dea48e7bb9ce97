package io.gantry.platform.linux;

import static io.gantry.platform.linux.JnaCalls.at;
import static io.gantry.platform.linux.JnaCalls.error;
import static io.gantry.platform.linux.JnaCalls.fd;
import static io.gantry.platform.linux.JnaCalls.intAt;
import static io.gantry.platform.linux.JnaCalls.longAt;
import static io.gantry.platform.linux.JnaCalls.putLong;
import static io.gantry.platform.linux.JnaCalls.unsignedShortAt;
import static io.gantry.platform.linux.PathBytes.terminated;

import com.sun.jna.LastErrorException;
import java.util.ArrayList;
import java.util.List;

/** The native {@link DirectorySyscalls}. */
interface JnaDirectorySyscalls extends DirectorySyscalls {
    /** {@code STATX_BASIC_STATS}. */
    int STATX_BASIC_STATS = 0x7ff;

    @Override
    default int openat(int dirfd, String path, int flags, int mode) {
        byte[] name = terminated(path);
        while (true) {
            try {
                return Libc.openat(dirfd, name, flags, mode);
            } catch (LastErrorException e) {
                if (e.getErrorCode() != Errno.EINTR) {
                    throw error(e, "openat", at(dirfd, path));
                }
            }
        }
    }

    @Override
    default int openat2(int dirfd, String path, long flags, int mode, long resolve) {
        byte[] name = terminated(path);
        byte[] how = new byte[24];
        putLong(how, 0, flags);
        putLong(how, 8, mode);
        putLong(how, 16, resolve);
        for (int attempt = 0; ; attempt++) {
            try {
                return (int) Libc.syscall(Libc.SYS_OPENAT2, dirfd, name, how, how.length);
            } catch (LastErrorException e) {
                boolean again = e.getErrorCode() == Errno.EINTR || e.getErrorCode() == Errno.EAGAIN && attempt < 128;
                if (!again) {
                    throw error(e, "openat2", at(dirfd, path));
                }
            }
        }
    }

    @Override
    default void mkdirat(int dirfd, String path, int mode) {
        try {
            Libc.mkdirat(dirfd, terminated(path), mode);
        } catch (LastErrorException e) {
            throw error(e, "mkdirat", at(dirfd, path));
        }
    }

    @Override
    default void mknodat(int dirfd, String path, int mode, int major, int minor) {
        try {
            Libc.mknodat(dirfd, terminated(path), mode, device(major, minor));
        } catch (LastErrorException e) {
            throw error(e, "mknodat", at(dirfd, path));
        }
    }

    @Override
    default void symlinkat(String target, int dirfd, String path) {
        try {
            Libc.symlinkat(terminated(target), dirfd, terminated(path));
        } catch (LastErrorException e) {
            throw error(e, "symlinkat", at(dirfd, path));
        }
    }

    @Override
    default void linkat(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags) {
        try {
            Libc.linkat(oldDirfd, terminated(oldPath), newDirfd, terminated(newPath), flags);
        } catch (LastErrorException e) {
            throw error(e, "linkat", at(oldDirfd, oldPath) + " to " + at(newDirfd, newPath));
        }
    }

    @Override
    default void unlinkat(int dirfd, String path, int flags) {
        try {
            Libc.unlinkat(dirfd, terminated(path), flags);
        } catch (LastErrorException e) {
            throw error(e, "unlinkat", at(dirfd, path));
        }
    }

    @Override
    default void renameat2(int oldDirfd, String oldPath, int newDirfd, String newPath, int flags) {
        try {
            Libc.renameat2(oldDirfd, terminated(oldPath), newDirfd, terminated(newPath), flags);
        } catch (LastErrorException e) {
            throw error(e, "renameat2", at(oldDirfd, oldPath) + " to " + at(newDirfd, newPath));
        }
    }

    @Override
    default String readlinkat(int dirfd, String path) {
        byte[] buffer = new byte[4096];
        try {
            int size = (int) Libc.readlinkat(dirfd, terminated(path), buffer, buffer.length);
            return PathBytes.decode(buffer, 0, size);
        } catch (LastErrorException e) {
            throw error(e, "readlinkat", at(dirfd, path));
        }
    }

    @Override
    default void fchownat(int dirfd, String path, int uid, int gid, int flags) {
        try {
            Libc.fchownat(dirfd, terminated(path), uid, gid, flags);
        } catch (LastErrorException e) {
            throw error(e, "fchownat", at(dirfd, path));
        }
    }

    @Override
    default void fchmodat(int dirfd, String path, int mode) {
        try {
            Libc.fchmodat(dirfd, terminated(path), mode, 0);
        } catch (LastErrorException e) {
            throw error(e, "fchmodat", at(dirfd, path));
        }
    }

    @Override
    default void utimensat(
            int dirfd, String path, long atimeSeconds, long atimeNanos, long mtimeSeconds, long mtimeNanos, int flags) {
        try {
            Libc.utimensat(
                    dirfd, terminated(path), new long[] {atimeSeconds, atimeNanos, mtimeSeconds, mtimeNanos}, flags);
        } catch (LastErrorException e) {
            throw error(e, "utimensat", at(dirfd, path));
        }
    }

    @Override
    default FileStatus fstatat(int dirfd, String path, int flags) {
        byte[] result = new byte[256];
        try {
            Libc.statx(dirfd, terminated(path), flags, STATX_BASIC_STATS, result);
        } catch (LastErrorException e) {
            throw error(e, "statx", at(dirfd, path));
        }
        return new FileStatus(
                longAt(result, 32),
                unsignedShortAt(result, 28),
                intAt(result, 16),
                intAt(result, 20),
                intAt(result, 24),
                longAt(result, 40),
                longAt(result, 48),
                longAt(result, 112),
                intAt(result, 120),
                intAt(result, 136),
                intAt(result, 140),
                intAt(result, 128),
                intAt(result, 132));
    }

    @Override
    default List<DirectoryEntry> getdents(int fd) {
        List<DirectoryEntry> entries = new ArrayList<>();
        byte[] buffer = new byte[32768];
        for (List<DirectoryEntry> next = getdents(fd, buffer); !next.isEmpty(); next = getdents(fd, buffer)) {
            entries.addAll(next);
        }
        return entries;
    }

    @Override
    default List<DirectoryEntry> getdents(int fd, byte[] buffer) {
        List<DirectoryEntry> entries = new ArrayList<>();
        try {
            int size = 1;
            while (entries.isEmpty() && size > 0) {
                size = (int) Libc.getdents64(fd, buffer, buffer.length);
                for (int at = 0; at < size; at += unsignedShortAt(buffer, at + 16)) {
                    int end = at + 19;
                    while (buffer[end] != 0) {
                        end++;
                    }
                    String name = PathBytes.decode(buffer, at + 19, end - at - 19);
                    if (!name.equals(".") && !name.equals("..")) {
                        entries.add(new DirectoryEntry(name, longAt(buffer, at), buffer[at + 18]));
                    }
                }
            }
        } catch (LastErrorException e) {
            throw error(e, "getdents64", fd(fd));
        }
        return entries;
    }

    /** {@code makedev(3)}. */
    private static long device(int major, int minor) {
        long high = Integer.toUnsignedLong(major);
        long low = Integer.toUnsignedLong(minor);
        return (low & 0xFF) | (high & 0xFFF) << 8 | (low & ~0xFFL) << 12 | (high & ~0xFFFL) << 32;
    }
}

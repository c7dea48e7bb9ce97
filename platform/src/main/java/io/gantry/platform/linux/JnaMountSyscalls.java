package io.gantry.platform.linux;

import static io.gantry.platform.linux.JnaCalls.at;
import static io.gantry.platform.linux.JnaCalls.error;
import static io.gantry.platform.linux.JnaCalls.fd;
import static io.gantry.platform.linux.JnaCalls.putLong;
import static io.gantry.platform.linux.PathBytes.terminated;

import com.sun.jna.LastErrorException;
import org.jspecify.annotations.Nullable;

/** The native {@link MountSyscalls}. */
interface JnaMountSyscalls extends MountSyscalls {
    @Override
    default void mount(
            @Nullable String source, String target, @Nullable String type, long flags, @Nullable String data) {
        try {
            Libc.mount(optional(source), terminated(target), optional(type), flags, optional(data));
        } catch (LastErrorException e) {
            throw error(e, "mount", target + (type == null ? "" : " as " + type));
        }
    }

    @Override
    default void umount2(String target, int flags) {
        try {
            Libc.umount2(terminated(target), flags);
        } catch (LastErrorException e) {
            throw error(e, "umount2", target);
        }
    }

    @Override
    default int fsopen(String type, int flags) {
        try {
            return (int) Libc.syscall(Libc.SYS_FSOPEN, terminated(type), flags);
        } catch (LastErrorException e) {
            throw error(e, "fsopen", type);
        }
    }

    @Override
    default void fsconfig(int fd, int command, @Nullable String key, @Nullable String value, int aux) {
        try {
            Libc.syscall(Libc.SYS_FSCONFIG, fd, command, optional(key), optional(value), aux);
        } catch (LastErrorException e) {
            throw error(e, "fsconfig", key == null ? fd(fd) : key + (value == null ? "" : "=" + value));
        }
    }

    @Override
    default int fsmount(int fd, int flags, long attributes) {
        try {
            return (int) Libc.syscall(Libc.SYS_FSMOUNT, fd, flags, attributes);
        } catch (LastErrorException e) {
            throw error(e, "fsmount", fd(fd));
        }
    }

    @Override
    default void moveMount(int fromDirfd, String fromPath, int toDirfd, String toPath, int flags) {
        try {
            Libc.syscall(Libc.SYS_MOVE_MOUNT, fromDirfd, terminated(fromPath), toDirfd, terminated(toPath), flags);
        } catch (LastErrorException e) {
            throw error(e, "move_mount", at(toDirfd, toPath));
        }
    }

    @Override
    default int openTree(int dirfd, String path, int flags) {
        try {
            return (int) Libc.syscall(Libc.SYS_OPEN_TREE, dirfd, terminated(path), Integer.toUnsignedLong(flags));
        } catch (LastErrorException e) {
            throw error(e, "open_tree", at(dirfd, path));
        }
    }

    @Override
    default void mountSetattr(
            int dirfd,
            String path,
            int flags,
            long attributesToSet,
            long attributesToClear,
            long propagation,
            int usernsFd) {
        byte[] attributes = new byte[32];
        putLong(attributes, 0, attributesToSet);
        putLong(attributes, 8, attributesToClear);
        putLong(attributes, 16, propagation);
        putLong(attributes, 24, usernsFd);
        try {
            Libc.syscall(Libc.SYS_MOUNT_SETATTR, dirfd, terminated(path), flags, attributes, (long) attributes.length);
        } catch (LastErrorException e) {
            throw error(e, "mount_setattr", at(dirfd, path));
        }
    }

    @Override
    default void chdir(String path) {
        try {
            Libc.chdir(terminated(path));
        } catch (LastErrorException e) {
            throw error(e, "chdir", path);
        }
    }

    private static byte @Nullable [] optional(@Nullable String text) {
        return text == null ? null : terminated(text);
    }
}

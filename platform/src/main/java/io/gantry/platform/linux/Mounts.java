package io.gantry.platform.linux;

import static io.gantry.platform.linux.LinuxConstants.MNT_DETACH;
import static io.gantry.platform.linux.LinuxConstants.MS_BIND;
import static io.gantry.platform.linux.LinuxConstants.MS_PRIVATE;
import static io.gantry.platform.linux.LinuxConstants.MS_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.MS_REC;
import static io.gantry.platform.linux.LinuxConstants.MS_REMOUNT;
import static io.gantry.platform.linux.LinuxConstants.MS_SHARED;
import static io.gantry.platform.linux.LinuxConstants.MS_SLAVE;
import static io.gantry.platform.linux.LinuxConstants.UMOUNT_NOFOLLOW;

import io.gantry.platform.error.GantryException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Mounts and unmounts in the mount namespace of this process. Safe from virtual threads; not interruptible. Failures are
 * {@link GantryException}s, and leave nothing mounted.
 */
public final class Mounts {
    private final Syscalls syscalls;
    private final OverlayMounter overlays;

    public Mounts(Syscalls syscalls) {
        this.syscalls = syscalls;
        this.overlays = new OverlayMounter(syscalls);
    }

    /** Shows a file or directory at another place; {@code recursive} with what is mounted below it. The target must exist. */
    public void bind(Path source, Path target, boolean readOnly, boolean recursive) {
        String action = "bind " + source + " to " + target;
        blocking(action, () -> {
            long depth = recursive ? MS_REC : 0;
            syscalls.mount(source.toString(), target.toString(), null, MS_BIND | depth, null);
            if (readOnly) {
                try {
                    makeReadOnly(target, recursive);
                } catch (ErrnoException e) {
                    syscalls.umount2(target.toString(), MNT_DETACH | UMOUNT_NOFOLLOW);
                    throw e;
                }
            }
        });
    }

    private void makeReadOnly(Path target, boolean recursive) {
        try {
            syscalls.mountSetattr(
                    LinuxConstants.AT_FDCWD,
                    target.toString(),
                    recursive ? LinuxConstants.AT_RECURSIVE : 0,
                    LinuxConstants.MOUNT_ATTR_RDONLY,
                    0,
                    0,
                    0);
        } catch (ErrnoException e) {
            if (!e.is(Errno.ENOSYS) || recursive) {
                throw e;
            }
            syscalls.mount(null, target.toString(), null, MS_BIND | MS_REMOUNT | MS_RDONLY, null);
        }
    }

    /**
     * Mounts an overlay of any length of options: more than mount(2) takes in one page.
     *
     * @param lowerTopFirst 1 to 500 lower directories, the top one first
     * @param upper where changes go, or null for a read-only overlay
     * @param work an empty directory of the same file system as {@code upper}, null when that is
     * @param options further ones: {@code "volatile"}, {@code "index=off"}
     * @see <a href="https://docs.kernel.org/filesystems/overlayfs.html">overlayfs</a>
     */
    public void overlay(
            List<Path> lowerTopFirst, @Nullable Path upper, @Nullable Path work, Path target, List<String> options) {
        OverlayMounter.Layers layers = new OverlayMounter.Layers(lowerTopFirst, upper, work, options);
        blocking("mount overlay at " + target, () -> overlays.mount(layers, target));
    }

    /**
     * Mounts a directory once more, with the ids of its files mapped as a user namespace maps them: what belongs to root on
     * disk belongs to the namespace's root there (<a
     * href="https://docs.kernel.org/filesystems/idmappings.html">idmappings</a>, Linux 5.12; below an overlay 5.19).
     *
     * @param userNamespace file of the namespace, as /proc/PID/ns/user
     * @throws io.gantry.platform.error.GantryException FAILED_PRECONDITION or INVALID_ARGUMENT when the file system cannot
     *     do it; nothing is mounted then
     */
    public void idMapped(Path source, Path target, Path userNamespace) {
        blocking("mount " + source + " with mapped ids at " + target, () -> {
            int flags = LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC;
            try (Fd namespace = new Fd(
                            syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, userNamespace.toString(), flags, 0));
                    Fd tree = new Fd(
                            syscalls,
                            syscalls.openTree(
                                    LinuxConstants.AT_FDCWD,
                                    source.toString(),
                                    LinuxConstants.OPEN_TREE_CLONE | LinuxConstants.OPEN_TREE_CLOEXEC))) {
                syscalls.mountSetattr(
                        tree.number(),
                        "",
                        LinuxConstants.AT_EMPTY_PATH,
                        LinuxConstants.MOUNT_ATTR_IDMAP,
                        0,
                        0,
                        namespace.number());
                syscalls.moveMount(
                        tree.number(),
                        "",
                        LinuxConstants.AT_FDCWD,
                        target.toString(),
                        LinuxConstants.MOVE_MOUNT_F_EMPTY_PATH);
            }
        });
    }

    /** Mounts a tmpfs, with nosuid, nodev and the given options: {@code "size=64m,mode=1777"}. */
    public void tmpfs(Path target, String options) {
        mount(
                "tmpfs",
                target,
                "tmpfs",
                LinuxConstants.MS_NOSUID | LinuxConstants.MS_NODEV,
                options.isEmpty() ? null : options);
    }

    /** Any mount. @see MountSyscalls#mount */
    public void mount(
            @Nullable String source, Path target, @Nullable String type, long flags, @Nullable String options) {
        blocking(
                "mount " + (type == null ? "" : type + " ") + "at " + target,
                () -> syscalls.mount(source, target.toString(), type, flags, options));
    }

    /**
     * Takes the topmost mount at a path away, at once from the name space, and from the kernel when its last user is gone
     * (MNT_DETACH). A path that is not there or no mount point is no error.
     *
     * @return whether there was one
     */
    public boolean unmount(Path target) {
        return blockingCall("unmount " + target, () -> {
            try {
                syscalls.umount2(target.toString(), MNT_DETACH | UMOUNT_NOFOLLOW);
                return true;
            } catch (ErrnoException e) {
                if (e.is(Errno.EINVAL) || e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
                    return false;
                }
                throw e;
            }
        });
    }

    /** {@link #unmount} for everything at or below a path, the deepest and latest first. @return how many there were */
    public int unmountAll(Path prefix) {
        List<MountEntry> mounts = under(prefix);
        for (MountEntry mount : mounts.reversed()) {
            unmount(mount.target());
        }
        return mounts.size();
    }

    /** The mounts at or below a path, in the order of mounting. The path must be without links. */
    public List<MountEntry> under(Path prefix) {
        Path absolute = prefix.toAbsolutePath().normalize();
        try {
            return MountInfo.read(syscalls).stream()
                    .filter(mount -> mount.target().startsWith(absolute))
                    .toList();
        } catch (ErrnoException e) {
            throw e.during("list mounts under " + prefix);
        }
    }

    /** Whether something is mounted exactly here. The path must be without links. */
    public boolean isMountPoint(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        return under(absolute).stream().anyMatch(mount -> mount.target().equals(absolute));
    }

    /** Mounts below pass on to peers and back. The path must be a mount point. */
    public void makeShared(Path target, boolean recursive) {
        propagate(target, MS_SHARED, recursive, "shared");
    }

    /** Nothing passes. The path must be a mount point. */
    public void makePrivate(Path target, boolean recursive) {
        propagate(target, MS_PRIVATE, recursive, "private");
    }

    /** Mounts of the master come here, none go back. The path must be a mount point. */
    public void makeSlave(Path target, boolean recursive) {
        propagate(target, MS_SLAVE, recursive, "slave");
    }

    private void propagate(Path target, long flag, boolean recursive, String name) {
        blocking(
                "make mount " + target + " " + name,
                () -> syscalls.mount(null, target.toString(), null, flag | (recursive ? MS_REC : 0), null));
    }

    private static void blocking(String action, Runnable call) {
        blockingCall(action, () -> {
            call.run();
            return true;
        });
    }

    private static boolean blockingCall(String action, Supplier<Boolean> call) {
        try {
            return BlockingCalls.call(call);
        } catch (ErrnoException e) {
            throw e.during(action);
        }
    }
}

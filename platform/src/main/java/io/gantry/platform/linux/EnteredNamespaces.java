package io.gantry.platform.linux;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The namespaces that the calling thread has entered; closing brings it back to those it came from. */
final class EnteredNamespaces implements AutoCloseable {
    /** {@code NS_GET_NSTYPE}, see <a href="https://man7.org/linux/man-pages/man2/ioctl_nsfs.2.html">ioctl_nsfs(2)</a>. */
    private static final long NS_GET_NSTYPE = 0xb703;

    private final Syscalls syscalls;
    private final Deque<Fd> origins = new ArrayDeque<>();

    private EnteredNamespaces(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    static EnteredNamespaces enter(Syscalls syscalls, List<Path> files) {
        EnteredNamespaces entered = new EnteredNamespaces(syscalls);
        for (Path file : files) {
            try (Fd fd = entered.open(file.toString())) {
                entered.enter(fd);
            } catch (ErrnoException e) {
                entered.close();
                throw e.during("enter namespace " + file);
            }
        }
        return entered;
    }

    private Fd open(String file) {
        int flags = LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC;
        return new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, file, flags, 0));
    }

    private void enter(Fd fd) {
        int type = syscalls.ioctl(fd.number(), NS_GET_NSTYPE, new byte[8]);
        Fd origin = open("/proc/thread-self/ns/" + name(type));
        try {
            if (type == LinuxConstants.CLONE_NEWNS) {
                // Only a thread with its own root and working directory may enter.
                syscalls.unshare(LinuxConstants.CLONE_FS);
            }
            syscalls.setns(fd.number(), type);
        } catch (ErrnoException e) {
            origin.close();
            throw e;
        }
        origins.push(origin);
    }

    private static String name(int type) {
        return switch (type) {
            case LinuxConstants.CLONE_NEWNET -> "net";
            case LinuxConstants.CLONE_NEWIPC -> "ipc";
            case LinuxConstants.CLONE_NEWUTS -> "uts";
            case LinuxConstants.CLONE_NEWNS -> "mnt";
            case LinuxConstants.CLONE_NEWPID -> "pid_for_children";
            case LinuxConstants.CLONE_NEWCGROUP -> "cgroup";
            case LinuxConstants.CLONE_NEWTIME -> "time_for_children";
            case LinuxConstants.CLONE_NEWUSER -> "user";
            default ->
                throw new ErrnoException(Errno.EINVAL, "setns", "namespace of type 0x" + Integer.toHexString(type));
        };
    }

    @Override
    public void close() {
        ErrnoException failure = null;
        for (Fd origin = origins.poll(); origin != null; origin = origins.poll()) {
            try (Fd closing = origin) {
                syscalls.setns(closing.number(), 0);
            } catch (ErrnoException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure.during("return from a namespace");
        }
    }
}

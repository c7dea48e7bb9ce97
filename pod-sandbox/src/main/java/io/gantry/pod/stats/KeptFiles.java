package io.gantry.pod.stats;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Kernel files that are read every few seconds, kept open: to open one costs ten times as much as to read it. One that is
 * not read for a while, or whose cgroup is gone, is closed.
 */
final class KeptFiles implements AutoCloseable {
    /** Longer than the kubelet's pause between two rounds. */
    private static final Duration UNUSED = Duration.ofSeconds(25);

    /** Of the descriptors that this process may have, the part that may be kept here. */
    private static final int SHARE = 4;

    private static final int MOST = 8192;

    private final Syscalls syscalls;
    private final int most;
    private final Map<String, Kept> files = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** @param most files to keep; others are read and closed */
    KeptFiles(Syscalls syscalls, int most) {
        this.syscalls = syscalls;
        this.most = most;
    }

    static KeptFiles ofProcess(Syscalls syscalls) {
        long descriptors = syscalls.getrlimit(LinuxConstants.RLIMIT_NOFILE).soft();
        return new KeptFiles(syscalls, descriptors < 0 ? MOST : (int) Math.min(MOST, descriptors / SHARE));
    }

    /** One open file. Its number goes to another file once it is closed, so reading and closing exclude each other. */
    private final class Kept {
        private final int fd;
        private boolean open = true;
        private long usedAt;

        Kept(int fd) {
            this.fd = fd;
        }

        /** -1 when it cannot be read any more. */
        synchronized int read(byte[] buffer) {
            if (!open) {
                return -1;
            }
            usedAt = System.nanoTime();
            try {
                return syscalls.pread(fd, buffer, 0, buffer.length, 0);
            } catch (ErrnoException e) {
                return -1; // its cgroup was removed
            }
        }

        synchronized boolean isUnused(long nowNanos) {
            return nowNanos - usedAt > UNUSED.toNanos();
        }

        synchronized void close() {
            if (open) {
                open = false;
                syscalls.close(fd);
            }
        }
    }

    /**
     * Reads a file from its beginning, with one call: of a file of many records the kernel may give only the first.
     *
     * @return how many bytes there are, the buffer's size for as many or more; -1 without a file
     */
    int read(String path, byte[] buffer) {
        Kept known = files.get(path);
        if (known != null) {
            int count = known.read(buffer);
            if (count >= 0) {
                return count;
            }
            drop(path, known); // a cgroup of the same name may have been made
        }
        Kept opened = open(path);
        if (opened == null) {
            return -1;
        }
        int count = opened.read(buffer);
        if (count < 0 || files.size() >= most || files.putIfAbsent(path, opened) != null) {
            opened.close();
        } else if (closed) {
            drop(path, opened);
        }
        return count;
    }

    private @Nullable Kept open(String path) {
        try {
            return new Kept(syscalls.openat(
                    LinuxConstants.AT_FDCWD, path, LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC, 0));
        } catch (ErrnoException e) {
            return null;
        }
    }

    private void drop(String path, Kept file) {
        files.remove(path, file);
        file.close();
    }

    /** Closes those that were not read for a while. */
    void closeUnused(long nowNanos) {
        files.forEach((path, file) -> {
            if (file.isUnused(nowNanos)) {
                drop(path, file);
            }
        });
    }

    int size() {
        return files.size();
    }

    @Override
    public void close() {
        closed = true;
        files.forEach(this::drop);
    }
}

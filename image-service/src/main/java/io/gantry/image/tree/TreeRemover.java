package io.gantry.image.tree;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_REMOVEDIR;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_XDEV;

import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Deletes directory trees of any depth and with any names. Links are deleted, never followed, and what is mounted inside
 * a tree is left alone: its mount point cannot be deleted and is the error. Directories deeper than
 * {@value #MAX_DEPTH} levels are first moved up, so that a tree can exhaust neither descriptors nor the stack.
 */
public final class TreeRemover {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_TRIES = 8;

    private final Syscalls syscalls;

    public TreeRemover(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /**
     * Deletes a file or a tree; it may be gone already.
     *
     * @throws ErrnoException when something cannot be deleted; the rest may be gone then
     */
    public void remove(Path path) {
        remove(AT_FDCWD, path.toString());
    }

    /** Deletes what a directory has under a name. */
    public void remove(int dirfd, String name) {
        if (unlink(dirfd, name)) {
            return;
        }
        Deque<String> movedUp = new ArrayDeque<>();
        int top;
        try {
            top = open(dirfd, name);
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT)) {
                return;
            }
            throw e;
        }
        try {
            empty(top, top, 0, movedUp);
            for (String moved = movedUp.poll(); moved != null; moved = movedUp.poll()) {
                removeDirectory(top, moved, top, 1, movedUp);
            }
        } finally {
            syscalls.close(top);
        }
        rmdir(dirfd, name);
    }

    /** Deletes what is in a directory and keeps the directory. */
    private void empty(int fd, int top, int depth, Deque<String> movedUp) {
        for (DirectoryEntry entry : syscalls.getdents(fd)) {
            if (entry.isDirectory() || !unlink(fd, entry.name())) {
                removeDirectory(fd, entry.name(), top, depth + 1, movedUp);
            }
        }
    }

    private void removeDirectory(int parent, String name, int top, int depth, Deque<String> movedUp) {
        if (depth > MAX_DEPTH) {
            String moved = ".gantry-removed-" + System.nanoTime();
            syscalls.renameat2(parent, name, top, moved, 0);
            movedUp.add(moved);
            return;
        }
        for (int attempt = 1; ; attempt++) {
            int fd;
            try {
                fd = open(parent, name);
            } catch (ErrnoException e) {
                if (e.is(Errno.ENOENT)) {
                    return;
                }
                throw e;
            }
            try {
                empty(fd, top, depth, movedUp);
            } finally {
                syscalls.close(fd);
            }
            try {
                rmdir(parent, name);
                return;
            } catch (ErrnoException e) {
                // Somebody still adds files, or the directory's listing moved under our deletions.
                if (!e.is(Errno.ENOTEMPTY) || attempt == MAX_TRIES) {
                    throw e;
                }
            }
        }
    }

    private int open(int dirfd, String name) {
        int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        return dirfd == AT_FDCWD
                ? syscalls.openat(dirfd, name, flags, 0)
                : syscalls.openat2(dirfd, name, flags, 0, RESOLVE_NO_XDEV);
    }

    /** @return false when the name is a directory */
    private boolean unlink(int dirfd, String name) {
        try {
            syscalls.unlinkat(dirfd, name, 0);
            return true;
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT)) {
                return true;
            }
            if (e.is(Errno.EISDIR) || e.is(Errno.EPERM)) {
                return false;
            }
            throw e;
        }
    }

    private void rmdir(int dirfd, String name) {
        try {
            syscalls.unlinkat(dirfd, name, AT_REMOVEDIR);
        } catch (ErrnoException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }
}

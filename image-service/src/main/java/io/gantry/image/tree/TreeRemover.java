package io.gantry.image.tree;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_REMOVEDIR;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_XDEV;
import static io.gantry.platform.linux.LinuxConstants.SEEK_SET;

import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.DirectoryPieces;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;

/**
 * Deletes directory trees of any depth and width and with any names. Links are deleted, never followed, and what is
 * mounted inside a tree is left alone: its mount point cannot be deleted and is the error. Directories deeper than
 * {@value #MAX_DEPTH} levels are first moved up, and names are read in pieces, so that a tree can exhaust neither
 * descriptors nor the stack nor the heap.
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
            new Removal(top).all();
        } finally {
            syscalls.close(top);
        }
        rmdir(dirfd, name);
    }

    /**
     * Deletes what is in a directory and keeps the directory.
     *
     * @param fd open for reading; read to its end afterwards
     */
    public void removeContents(int fd) {
        new Removal(fd).all();
    }

    /** One tree on its way out. */
    private final class Removal {
        private final DirectoryPieces pieces = new DirectoryPieces(syscalls);
        private final int top;
        private int movedUp;

        Removal(int top) {
            this.top = top;
        }

        /** Passes over the top directory until nothing is in it, that is also until nothing is moved up to it. */
        void all() {
            for (int attempt = 1; ; ) {
                int before = movedUp;
                syscalls.lseek(top, 0, SEEK_SET);
                if (!pass(top, 0)) {
                    return;
                }
                if (movedUp == before && attempt++ == MAX_TRIES) {
                    throw new ErrnoException(
                            Errno.ENOTEMPTY, "unlinkat", "what somebody adds to the directory all the time");
                }
            }
        }

        /** @return whether the directory had something */
        private boolean pass(int fd, int depth) {
            boolean found = false;
            for (DirectoryEntry entry : pieces.of(fd)) {
                found = true;
                if (entry.isDirectory() || !unlink(fd, entry.name())) {
                    directory(fd, entry.name(), depth + 1);
                }
            }
            return found;
        }

        private void directory(int parent, String name, int depth) {
            if (depth > MAX_DEPTH) {
                moveUp(parent, name);
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
                    boolean unused = pass(fd, depth);
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

        /** A later pass finds it; nothing is remembered of it, since there may be a million of them. */
        private void moveUp(int parent, String name) {
            movedUp++;
            syscalls.renameat2(parent, name, top, ".gantry-removed-" + System.nanoTime() + "-" + movedUp, 0);
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

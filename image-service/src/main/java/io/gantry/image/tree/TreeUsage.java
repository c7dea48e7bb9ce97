package io.gantry.image.tree;

import static io.gantry.platform.linux.LinuxConstants.AT_EMPTY_PATH;
import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;

import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.DirectoryPieces;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Disk space of a directory tree while others may be writing to it. Files with several names count once; what vanishes
 * meanwhile does not count; levels deeper than {@value #MAX_DEPTH} are left out. Needs no more memory for a larger tree: after
 * {@value #MAX_LINKED} files with several names, each name of further ones counts for its share, which comes to the same when
 * all names are in the tree.
 *
 * @param bytes allocated blocks
 * @param inodes the top directory included
 */
public record TreeUsage(long bytes, long inodes) {
    private static final int MAX_DEPTH = 256;
    private static final int MAX_LINKED = 32_768;
    private static final int BLOCK = 512;

    /** Nothing. */
    public static final TreeUsage NONE = new TreeUsage(0, 0);

    /**
     * Walks a tree; blocks, so on a platform thread. An interrupt ends the walk early.
     *
     * @return {@link #NONE} when there is no such directory
     */
    public static TreeUsage measure(Syscalls syscalls, Path top) {
        Walk walk = new Walk(syscalls);
        walk.directory(AT_FDCWD, top.toString(), 0);
        return new TreeUsage(walk.bytes + Math.round(walk.sharedBytes), walk.inodes + Math.round(walk.sharedInodes));
    }

    private static final class Walk {
        private final Syscalls syscalls;
        private final DirectoryPieces pieces;
        private final Set<Long> linked = new HashSet<>();
        private long bytes;
        private long inodes;
        private double sharedBytes;
        private double sharedInodes;

        Walk(Syscalls syscalls) {
            this.syscalls = syscalls;
            this.pieces = new DirectoryPieces(syscalls);
        }

        void directory(int dirfd, String name, int depth) {
            if (depth > MAX_DEPTH || Thread.currentThread().isInterrupted()) {
                return;
            }
            int fd;
            try {
                fd = syscalls.openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
            } catch (ErrnoException _) {
                return;
            }
            try {
                add(syscalls.fstatat(fd, "", AT_EMPTY_PATH));
                for (DirectoryEntry entry : pieces.of(fd)) {
                    if (Thread.currentThread().isInterrupted()) {
                        return;
                    }
                    if (entry.isDirectory()) {
                        directory(fd, entry.name(), depth + 1);
                        continue;
                    }
                    FileStatus status = syscalls.fstatatIfExists(fd, entry.name(), AT_SYMLINK_NOFOLLOW);
                    if (status != null && status.isDirectory()) {
                        directory(fd, entry.name(), depth + 1);
                    } else if (status != null) {
                        add(status);
                    }
                }
            } catch (ErrnoException _) {
                // The directory went away under the walk.
            } finally {
                syscalls.close(fd);
            }
        }

        private void add(FileStatus status) {
            boolean several = !status.isDirectory() && status.links() > 1;
            if (several && linked.contains(status.inode())) {
                return;
            }
            if (several && linked.size() == MAX_LINKED) {
                sharedBytes += (double) status.blocks() * BLOCK / status.links();
                sharedInodes += 1.0 / status.links();
                return;
            }
            if (several) {
                linked.add(status.inode());
            }
            bytes += status.blocks() * BLOCK;
            inodes++;
        }
    }
}

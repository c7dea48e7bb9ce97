package io.gantry.platform.storage;

import io.gantry.platform.linux.BlockingCalls;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Files that are either wholly the old or wholly the new ones. Not interruptible: a write that has begun is finished, and
 * the interrupt flag stays as it was.
 */
public final class AtomicFiles {
    /** Suffix of files that are being written; what has it after a crash is nobody's. */
    public static final String TEMPORARY_SUFFIX = ".tmp";

    private static final AtomicLong SEQUENCE = new AtomicLong();

    /** Not the pid, which a restarted container has again: leftovers must not be in the way. */
    private static final String PROCESS = Long.toUnsignedString(new SplittableRandom().nextLong(), 36);

    private AtomicFiles() {}

    /** {@link #write(Path, byte[], Durability, int)} with mode 0644. */
    public static void write(Path target, byte[] content, Durability durability) {
        write(target, content, durability, 0644);
    }

    /**
     * Replaces or creates a file, whatever the umask, by a temporary file next to it and rename(2). The directory must
     * exist. A link at the target is replaced, not followed.
     *
     * @param mode permission bits of the new file
     * @throws io.gantry.platform.error.GantryException when it cannot be written; the target is as before and no temporary
     *     file is left
     */
    public static void write(Path target, byte[] content, Durability durability, int mode) {
        write(JnaSyscalls.instance(), target, content, durability, mode);
    }

    static void write(Syscalls syscalls, Path target, byte[] content, Durability durability, int mode) {
        Path temporary = target.resolveSibling(
                target.getFileName() + "." + PROCESS + "-" + SEQUENCE.incrementAndGet() + TEMPORARY_SUFFIX);
        boolean renamed = false;
        boolean created = false;
        try {
            int flags = LinuxConstants.O_WRONLY
                    | LinuxConstants.O_CREAT
                    | LinuxConstants.O_EXCL
                    | LinuxConstants.O_NOFOLLOW
                    | LinuxConstants.O_CLOEXEC;
            try (Fd file = new Fd(
                    syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, temporary.toString(), flags, mode & 0700))) {
                created = true;
                for (int at = 0; at < content.length; ) {
                    at += syscalls.write(file.number(), content, at, content.length - at);
                }
                syscalls.fchmod(file.number(), mode);
                if (durability == Durability.POWER_LOSS) {
                    BlockingCalls.run(() -> syscalls.fsync(file.number()));
                }
            }
            syscalls.renameat2(
                    LinuxConstants.AT_FDCWD, temporary.toString(), LinuxConstants.AT_FDCWD, target.toString(), 0);
            renamed = true;
            if (durability == Durability.POWER_LOSS) {
                syncPath(syscalls, directory(target), LinuxConstants.O_DIRECTORY);
            }
        } catch (ErrnoException e) {
            throw e.during("write " + target);
        } finally {
            if (created && !renamed) {
                removeQuietly(syscalls, temporary);
            }
        }
    }

    /**
     * Brings a file that was written before, and its name, to the disk.
     *
     * @throws io.gantry.platform.error.GantryException NOT_FOUND when there is no such file
     */
    public static void sync(Path file) {
        Syscalls syscalls = JnaSyscalls.instance();
        try {
            syncPath(syscalls, file, 0);
            syncPath(syscalls, directory(file), LinuxConstants.O_DIRECTORY);
        } catch (ErrnoException e) {
            throw e.during("sync " + file);
        }
    }

    /** Removes a file and brings that to the disk when so asked; one that is not there is no error. */
    public static void remove(Path file, Durability durability) {
        Syscalls syscalls = JnaSyscalls.instance();
        try {
            try {
                syscalls.unlinkat(LinuxConstants.AT_FDCWD, file.toString(), 0);
            } catch (ErrnoException e) {
                if (e.is(Errno.ENOENT)) {
                    return;
                }
                throw e;
            }
            if (durability == Durability.POWER_LOSS) {
                syncPath(syscalls, directory(file), LinuxConstants.O_DIRECTORY);
            }
        } catch (ErrnoException e) {
            throw e.during("remove " + file);
        }
    }

    private static Path directory(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private static void syncPath(Syscalls syscalls, Path path, int flags) {
        int open = LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC | flags;
        try (Fd fd = new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, path.toString(), open, 0))) {
            BlockingCalls.run(() -> syscalls.fsync(fd.number()));
        }
    }

    private static void removeQuietly(Syscalls syscalls, Path temporary) {
        try {
            syscalls.unlinkat(LinuxConstants.AT_FDCWD, temporary.toString(), 0);
        } catch (ErrnoException e) {
            // The first failure says why; the name tells everyone that the file is nobody's.
        }
    }
}

package io.gantry.pod.container;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_PATH;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_MAGICLINKS;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_SYMLINKS;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.DirectoryPieces;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.Syscalls;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * Gives files of the host the SELinux label with which a container sees its own (Mount.selinux_relabel). Only what has
 * another label is written to, so that a volume of a million files that is right already costs reads alone.
 */
final class Relabel {
    private static final String ATTRIBUTE = "security.selinux";

    private static final int DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    private static final long PARENT = O_PATH | O_DIRECTORY | O_CLOEXEC;
    private static final long PARENT_LOOKUP = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    private static final int MAX_DEPTH = 512;

    /** A label of containers on these would make host services unable to use them. */
    private static final Set<Path> NEVER = paths(
            "/",
            "/bin",
            "/boot",
            "/dev",
            "/etc",
            "/home",
            "/lib",
            "/lib64",
            "/opt",
            "/proc",
            "/root",
            "/run",
            "/sbin",
            "/srv",
            "/sys",
            "/tmp",
            "/usr",
            "/var",
            "/var/lib",
            "/var/log",
            "/var/run",
            "/var/tmp");

    private final Syscalls syscalls;

    Relabel(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    private static Set<Path> paths(String... names) {
        return Set.copyOf(Arrays.stream(names).map(Path::of).toList());
    }

    /**
     * Labels a file, or a directory with all below it; links are not followed. A file system that has no labels stays as it
     * is. What was labelled stays so when this fails or is interrupted. Blocks, so on a platform thread.
     *
     * @param source its real path: no part of it may be a link
     * @param label such as {@code system_u:object_r:container_file_t:s0:c1,c2}
     * @throws GantryException INVALID_ARGUMENT for a directory that the host lives in, FAILED_PRECONDITION when a label
     *     cannot be set
     */
    void set(Path source, String label, String action) throws InterruptedException {
        Path parent = source.getParent();
        if (NEVER.contains(source) || parent == null) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            action,
                            "relabelling " + source + " for SELinux would make host services unable to use it")
                    .withRemedy("mount a directory below it");
        }
        // The kernel keeps the zero byte, as all tools write it.
        byte[] value = (label + "\0").getBytes(StandardCharsets.UTF_8);
        try (Fd above = new Fd(syscalls, syscalls.openat2(AT_FDCWD, parent.toString(), PARENT, 0, PARENT_LOOKUP))) {
            new Walk(source, value, action).visit(above, source.getFileName().toString(), 0);
        } catch (ErrnoException e) {
            if (e.is(Errno.EOPNOTSUPP)) {
                return;
            }
            throw failed(source, String.valueOf(e.getMessage()), action).causedBy(e);
        }
    }

    private static GantryException failed(Path source, String problem, String action) {
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "cannot relabel " + source + ": " + problem);
    }

    /**
     * Goes down by open directories and single names: a pod that replaces a directory by a link meanwhile does not lead
     * out of it.
     */
    private final class Walk {
        private final Path source;
        private final byte[] value;
        private final String action;
        private final DirectoryPieces pieces = new DirectoryPieces(syscalls);

        Walk(Path source, byte[] value, String action) {
            this.source = source;
            this.value = value;
            this.action = action;
        }

        void visit(Fd directory, String name, int depth) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException("relabelling of " + source);
            }
            if (depth > MAX_DEPTH) {
                throw failed(source, "directories are nested deeper than " + MAX_DEPTH + " levels", action);
            }
            try {
                label("/proc/self/fd/" + directory.number() + "/" + name);
                if (syscalls.fstatat(directory.number(), name, AT_SYMLINK_NOFOLLOW)
                        .isDirectory()) {
                    descend(directory, name, depth);
                }
            } catch (ErrnoException e) {
                // Gone since it was listed, or no directory any more.
                if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
                    throw e;
                }
            }
        }

        private void descend(Fd directory, String name, int depth) throws InterruptedException {
            try (Fd inside = new Fd(syscalls, syscalls.openat(directory.number(), name, DIRECTORY, 0))) {
                for (DirectoryEntry entry : pieces.of(inside.number())) {
                    visit(inside, entry.name(), depth + 1);
                }
            }
        }

        private void label(String path) {
            if (!Arrays.equals(value, syscalls.lgetxattr(path, ATTRIBUTE))) {
                syscalls.lsetxattr(path, ATTRIBUTE, value, 0);
            }
        }
    }
}

package io.gantry.pod.container;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Set;

/**
 * Gives files of the host the SELinux label with which a container sees its own (Mount.selinux_relabel). Only what has
 * another label is written to, so that a volume of a million files that is right already costs reads alone.
 */
final class Relabel {
    private static final String ATTRIBUTE = "security.selinux";

    /** A label of containers on these would take them away from the host. */
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
     * is. What was labelled stays so when this fails or is interrupted.
     *
     * @param label such as {@code system_u:object_r:container_file_t:s0:c1,c2}
     * @throws GantryException INVALID_ARGUMENT for a directory that the host lives in, FAILED_PRECONDITION when a label
     *     cannot be set
     */
    void set(Path source, String label, String action) throws InterruptedException {
        if (NEVER.contains(source)) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            action,
                            "relabelling " + source + " for SELinux would take it away from the host")
                    .withRemedy("mount a directory below it");
        }
        // The kernel keeps the zero byte, as all tools write it.
        byte[] value = (label + "\0").getBytes(StandardCharsets.UTF_8);
        try {
            Files.walkFileTree(source, new Visitor(value));
        } catch (IOException e) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION, action, "cannot relabel " + source + ": " + e.getMessage())
                    .causedBy(e);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EOPNOTSUPP) {
                return;
            }
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION, action, "cannot relabel " + source + ": " + e.getMessage())
                    .causedBy(e);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("relabelling of " + source);
        }
    }

    private final class Visitor extends SimpleFileVisitor<Path> {
        private final byte[] value;

        Visitor(byte[] value) {
            this.value = value;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            return visit(directory);
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return visit(file);
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE; // gone since it was listed
            }
            throw e;
        }

        private FileVisitResult visit(Path path) {
            if (Thread.currentThread().isInterrupted()) {
                return FileVisitResult.TERMINATE;
            }
            try {
                if (!Arrays.equals(value, syscalls.lgetxattr(path.toString(), ATTRIBUTE))) {
                    syscalls.lsetxattr(path.toString(), ATTRIBUTE, value, 0);
                }
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ENOENT) {
                    throw e;
                }
            }
            return FileVisitResult.CONTINUE;
        }
    }
}

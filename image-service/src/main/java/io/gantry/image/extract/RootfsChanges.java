package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_PATH;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_IN_ROOT;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_MAGICLINKS;

import io.gantry.image.tree.TreeRemover;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What a container had changed in its root file system, applied to another one of the same image. Paths are looked up as if
 * that root were {@code /}: neither the archive nor the image's own links lead out of it.
 */
public final class RootfsChanges {
    private final Syscalls syscalls;
    private final ExtractionLimits limits;

    public RootfsChanges(Syscalls syscalls, ExtractionLimits limits) {
        this.syscalls = syscalls;
        this.limits = limits;
    }

    /**
     * Unpacks changed files. On failure some of them are there.
     *
     * @param root a mounted, writable root file system
     * @param archive tar, plain or compressed; whiteouts in it delete
     * @throws IOException when the archive is damaged
     * @throws ErrnoException when the file system refuses
     */
    public void unpack(Path archive, Path root) throws IOException, InterruptedException {
        int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        try (Fd directory = new Fd(syscalls, syscalls.openat(AT_FDCWD, root.toString(), flags, 0));
                ArchiveFeed feed = ArchiveFeed.open(archive, limits.maxBytes())) {
            LayerContents unused = TarExtractor.over(syscalls, limits).extract(feed, directory.number());
        }
    }

    /**
     * Deletes what the container had deleted; what is not there is no error.
     *
     * @param paths absolute or relative to the root
     */
    public void delete(List<String> paths, Path root) {
        TreeRemover remover = new TreeRemover(syscalls);
        int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        try (Fd directory = new Fd(syscalls, syscalls.openat(AT_FDCWD, root.toString(), flags, 0))) {
            for (String name : paths) {
                String path = TarNames.clean(name);
                if (!path.isEmpty()) {
                    delete(remover, directory.number(), path);
                }
            }
        }
    }

    private void delete(TreeRemover remover, int root, String path) {
        String parent = TarNames.parent(path);
        long flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
        try (Fd directory = new Fd(
                syscalls,
                syscalls.openat2(
                        root, parent.isEmpty() ? "." : parent, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS))) {
            remover.remove(directory.number(), TarNames.base(path));
        } catch (ErrnoException e) {
            if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR)) {
                throw e;
            }
        }
    }
}

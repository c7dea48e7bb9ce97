package io.gantry.pod.spec;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Reads small files of a container's root file system as the container would see them. An image is not trusted: no link
 * in it leads out of it, nothing but a regular file is opened, and no more than 8 MiB is read.
 */
final class RootfsFiles {
    private static final int MAX_BYTES = 8 << 20;

    private final Syscalls syscalls;

    RootfsFiles(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /**
     * The content of a file, empty when the image does not have it.
     *
     * @param path absolute within the root file system
     * @throws IOException when it is there but is no regular file, too large, or cannot be read
     */
    byte[] read(Path rootfs, String path) throws IOException {
        try (Fd root = open(rootfs);
                Fd file = resolve(root, path)) {
            Path opened = Path.of("/proc/self/fd", Integer.toString(file.number()));
            if (!Files.isRegularFile(opened)) {
                throw new IOException(path + " in the image is not a regular file");
            }
            try (InputStream in = Files.newInputStream(opened)) {
                byte[] content = in.readNBytes(MAX_BYTES + 1);
                if (content.length > MAX_BYTES) {
                    throw new IOException(path + " in the image is larger than 8 MiB");
                }
                return content;
            }
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
                if (!Files.isDirectory(rootfs, LinkOption.NOFOLLOW_LINKS)) {
                    throw new IOException("root file system " + rootfs + " is not there", e);
                }
                return new byte[0];
            }
            throw new IOException("cannot open " + path + " in the image: " + e.errorName(), e);
        }
    }

    private Fd open(Path rootfs) {
        int flags = LinuxConstants.O_PATH | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC;
        return new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, rootfs.toString(), flags, 0));
    }

    /** O_PATH opens nothing, so that a device or a FIFO in the image is only looked at. */
    private Fd resolve(Fd root, String path) {
        long resolve = LinuxConstants.RESOLVE_IN_ROOT | LinuxConstants.RESOLVE_NO_MAGICLINKS;
        long flags = LinuxConstants.O_PATH | LinuxConstants.O_CLOEXEC;
        return new Fd(syscalls, syscalls.openat2(root.number(), path, flags, 0, resolve));
    }
}

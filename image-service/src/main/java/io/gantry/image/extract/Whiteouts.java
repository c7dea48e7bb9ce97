package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.S_IFCHR;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.Syscalls;
import java.nio.charset.StandardCharsets;

/**
 * What a layer deletes from the layers below: {@code .wh.NAME} files in an archive, character device 0:0 and the opaque
 * mark on disk.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts">image-spec, whiteouts</a>
 * @see <a href="https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories">overlayfs</a>
 */
class Whiteouts {
    private static final String PREFIX = ".wh.";
    private static final String META_PREFIX = ".wh..wh.";
    private static final String OPAQUE_NAME = ".wh..wh..opq";
    private static final String OPAQUE_XATTR = "trusted.overlay.opaque";
    private static final byte[] YES = "y".getBytes(StandardCharsets.US_ASCII);

    private final Syscalls syscalls;

    Whiteouts(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    static boolean isWhiteout(String baseName) {
        return baseName.startsWith(PREFIX);
    }

    static boolean isOpaqueMark(String baseName) {
        return baseName.equals(OPAQUE_NAME);
    }

    /** Book-keeping of aufs, which says nothing about the layer. */
    static boolean isAufsMetadata(String baseName) {
        return baseName.startsWith(META_PREFIX) && !isOpaqueMark(baseName);
    }

    /**
     * The name that a whiteout deletes.
     *
     * @throws TarException when it is none that a directory can have
     */
    static String target(String baseName) throws TarException {
        String target = baseName.substring(PREFIX.length());
        if (target.isEmpty() || target.equals(".") || target.equals("..")) {
            throw new TarException("whiteout " + TarNames.quote(baseName) + " names nothing that can be deleted");
        }
        return target;
    }

    /**
     * Makes a whiteout.
     *
     * @return false when the layer itself has something of that name: it stays, since a whiteout is about lower layers
     *     only; a directory has to hide its lower namesakes then
     */
    boolean make(int dirfd, String name) {
        try {
            syscalls.mknodat(dirfd, name, S_IFCHR, 0, 0);
            return true;
        } catch (ErrnoException e) {
            if (e.is(Errno.EEXIST)) {
                return false;
            }
            throw e;
        }
    }

    boolean isWhiteout(int dirfd, String name) {
        FileStatus status = syscalls.fstatatIfExists(dirfd, name, AT_SYMLINK_NOFOLLOW);
        return status != null && status.type() == S_IFCHR && status.rdevMajor() == 0 && status.rdevMinor() == 0;
    }

    /** Marks an open directory as one that hides all lower directories of its name. */
    void markOpaque(int fd) {
        syscalls.fsetxattr(fd, OPAQUE_XATTR, YES, 0);
    }
}

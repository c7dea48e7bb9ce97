package io.gantry.image.pack;

import static io.gantry.platform.linux.LinuxConstants.AT_EMPTY_PATH;
import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.S_IFBLK;
import static io.gantry.platform.linux.LinuxConstants.S_IFCHR;
import static io.gantry.platform.linux.LinuxConstants.S_IFIFO;

import io.gantry.image.layer.Layer;
import io.gantry.image.pack.TarWriter.Member;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.DirectoryPieces;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;

/**
 * A stored layer as a tar stream again. The same layer always gives the same bytes: names in order, every attribute that
 * was unpacked, whiteouts as {@code .wh.} files. They are not the bytes that it came in, since what a tar stream says
 * beside its files (order, header forms, padding) is not kept; unpacked they are the same layer. The memory that it needs has
 * a bound, whatever the layer holds: large directories are read again for each part of their names, in order, and a layer
 * that has more files with several names than {@link FirstNames} holds is refused.
 */
public final class LayerTar {
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int MAX_DEPTH = 512;
    private static final String OPAQUE_XATTR = "trusted.overlay.opaque";
    private static final String OPAQUE_NAME = ".wh..wh..opq";
    private static final String WHITEOUT_PREFIX = ".wh.";

    private final Syscalls syscalls;
    private final Set<String> implied;
    private final TarWriter tar;
    private final DirectoryPieces pieces;
    private final OrderedNames.Budget budget = new OrderedNames.Budget();
    private final FirstNames linked;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    private LayerTar(Syscalls syscalls, Layer layer, TarWriter tar) {
        this.syscalls = syscalls;
        this.implied = Set.copyOf(layer.record().impliedDirectories());
        this.tar = tar;
        this.pieces = new DirectoryPieces(syscalls);
        this.linked = new FirstNames("read layer " + layer.record().diffId());
    }

    /**
     * Writes a whole layer; blocks, so on a platform thread.
     *
     * @param out stays open
     * @throws LayerDamagedException when files are missing, or the file system says that it is damaged
     * @throws IOException when it cannot be written
     * @throws GantryException when the layer cannot be read for another reason: descriptors or memory have run out, it is
     *     not allowed
     */
    public static void write(Syscalls syscalls, Layer layer, OutputStream out)
            throws IOException, InterruptedException {
        try (TarWriter tar = new TarWriter(out)) {
            new LayerTar(syscalls, layer, tar)
                    .root(layer.files().toString(), layer.record().opaqueRoot());
        } catch (ErrnoException e) {
            if (isDamage(e.errno())) {
                throw new LayerDamagedException(
                        "layer " + layer.record().diffId() + " cannot be read: " + e.getMessage(), e);
            }
            throw e.during("read layer " + layer.record().diffId());
        }
    }

    /** Each of them stays however often it is tried: a name is gone or is another thing, or what the disk holds is wrong. */
    private static boolean isDamage(int errno) {
        return switch (errno) {
            case Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.EIO, Errno.EUCLEAN, Errno.EBADMSG -> true;
            default -> false;
        };
    }

    private void root(String path, boolean opaque) throws IOException, InterruptedException {
        int fd = syscalls.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        try {
            FileStatus status = syscalls.fstatat(fd, "", AT_EMPTY_PATH);
            List<String> attributes = syscalls.llistxattr(path);
            boolean own = status.permissions() != 0755 || status.uid() != 0 || status.gid() != 0;
            if (own || attributes.stream().anyMatch(LayerTar::isKept)) {
                tar.begin(attributes(new Member('5', "./"), status, path));
            }
            if (opaque) {
                tar.begin(Member.file(OPAQUE_NAME, 0));
            }
            children(fd, "", 0);
        } finally {
            syscalls.close(fd);
        }
    }

    private void children(int fd, String prefix, int depth) throws IOException, InterruptedException {
        if (depth > MAX_DEPTH) {
            throw new LayerDamagedException("directories are nested deeper than " + MAX_DEPTH + " levels at " + prefix);
        }
        try (OrderedNames names = new OrderedNames(syscalls, pieces, fd, budget)) {
            for (String name = names.next(); name != null; name = names.next()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while reading a layer");
                }
                member(fd, name, prefix, depth);
            }
        }
    }

    private void member(int dirfd, String name, String prefix, int depth) throws IOException, InterruptedException {
        String path = prefix + name;
        String reachable = "/proc/self/fd/" + dirfd + "/" + name;
        FileStatus status = syscalls.fstatat(dirfd, name, AT_SYMLINK_NOFOLLOW);
        if (status.isDirectory()) {
            directory(dirfd, name, path, status, reachable, depth);
            return;
        }
        if (status.links() > 1) {
            String first = linked.before(status, path);
            if (first != null) {
                tar.begin(plain(new Member('1', path), status).link(first));
                return;
            }
        }
        switch (status.type()) {
            case S_IFCHR -> {
                if (status.rdevMajor() == 0 && status.rdevMinor() == 0) {
                    tar.begin(Member.file(prefix + WHITEOUT_PREFIX + name, 0));
                } else {
                    tar.begin(attributes(device('3', path, status), status, reachable));
                }
            }
            case S_IFBLK -> tar.begin(attributes(device('4', path, status), status, reachable));
            case S_IFIFO -> tar.begin(attributes(new Member('6', path), status, reachable));
            default -> {
                if (status.isSymlink()) {
                    Member link = new Member('2', path).link(syscalls.readlinkat(dirfd, name));
                    tar.begin(attributes(link, status, reachable));
                } else if (status.isRegular()) {
                    file(dirfd, name, path, status, reachable);
                }
                // A socket: no tar stream brought it here, and none can hold it.
            }
        }
    }

    private void directory(int dirfd, String name, String path, FileStatus status, String reachable, int depth)
            throws IOException, InterruptedException {
        if (!implied.contains(path)) {
            tar.begin(attributes(new Member('5', path + "/"), status, reachable));
        }
        if (syscalls.lgetxattr(reachable, OPAQUE_XATTR) != null) {
            tar.begin(Member.file(path + "/" + OPAQUE_NAME, 0));
        }
        int fd = syscalls.openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
        try {
            children(fd, path + "/", depth + 1);
        } finally {
            syscalls.close(fd);
        }
    }

    private void file(int dirfd, String name, String path, FileStatus status, String reachable) throws IOException {
        int fd = syscalls.openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
        try {
            tar.begin(attributes(new Member('0', path).size(status.size()), status, reachable));
            long left = status.size();
            while (left > 0) {
                int count = syscalls.read(fd, buffer, 0, (int) Math.min(buffer.length, left));
                if (count <= 0) {
                    throw new LayerDamagedException(
                            "file " + path + " is shorter than it was: " + left + " bytes are missing");
                }
                tar.data(buffer, 0, count);
                left -= count;
            }
        } finally {
            syscalls.close(fd);
        }
    }

    private static Member device(char type, String path, FileStatus status) {
        return new Member(type, path).device(status.rdevMajor(), status.rdevMinor());
    }

    private static Member plain(Member member, FileStatus status) {
        return member.mode(status.permissions())
                .owner(status.uid(), status.gid())
                .mtime(status.mtimeSeconds(), status.mtimeNanos());
    }

    private Member attributes(Member member, FileStatus status, String reachable) {
        for (String attribute : syscalls.llistxattr(reachable)) {
            byte[] value = isKept(attribute) ? syscalls.lgetxattr(reachable, attribute) : null;
            if (value != null) {
                member.xattr(attribute, value);
            }
        }
        return plain(member, status);
    }

    /** Marks of overlayfs and labels that this host gave are none of the image's. */
    private static boolean isKept(String attribute) {
        return !attribute.startsWith("trusted.")
                && !attribute.startsWith("user.overlay.")
                && !attribute.equals("security.selinux")
                && (!attribute.startsWith("system.") || attribute.startsWith("system.posix_acl_"));
    }
}

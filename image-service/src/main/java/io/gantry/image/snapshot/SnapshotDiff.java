package io.gantry.image.snapshot;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_BENEATH;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_MAGICLINKS;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_SYMLINKS;
import static io.gantry.platform.linux.LinuxConstants.S_IFBLK;
import static io.gantry.platform.linux.LinuxConstants.S_IFCHR;
import static io.gantry.platform.linux.LinuxConstants.S_IFIFO;

import io.gantry.image.pack.FirstNames;
import io.gantry.image.pack.TarWriter;
import io.gantry.image.pack.TarWriter.Member;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.DirectoryPieces;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a container has changed in its root file system: the writable directory says which names, the mounted root file
 * system has what is under them now, since a writable directory may hold only a file's attributes or the place that a
 * directory was moved from. Names come in the order of the file system, so that no more than a piece of a directory has to be
 * in memory; what has to be remembered to the end (deleted paths, files with several names) has a bound.
 *
 * @see <a href="https://docs.kernel.org/filesystems/overlayfs.html">overlayfs</a>
 */
final class SnapshotDiff {
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int MAX_DEPTH = 512;
    private static final int MAX_ATTRIBUTE_BYTES = 1 << 20;
    private static final long BENEATH = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    private static final String OPAQUE = "trusted.overlay.opaque";
    private static final String REDIRECT = "trusted.overlay.redirect";

    /** Attributes that are kept beside the user's; the kernel's own marks and labels of this host are not the container's. */
    private static final Set<String> KEPT =
            Set.of("security.capability", "system.posix_acl_access", "system.posix_acl_default");

    private final Syscalls syscalls;
    private final List<Path> lower;
    private final Predicate<String> skipped;
    private final TarWriter tar;
    private final DirectoryPieces pieces;
    private final DeletedPaths deleted;
    private final FirstNames linked;
    private final String action;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    /**
     * @param lower the layers' directories
     * @param skipped says of an absolute path whether it is left out with all below it
     */
    private SnapshotDiff(Syscalls syscalls, List<Path> lower, Predicate<String> skipped, TarWriter tar, String action) {
        this.syscalls = syscalls;
        this.lower = lower;
        this.skipped = skipped;
        this.tar = tar;
        this.action = action;
        this.pieces = new DirectoryPieces(syscalls);
        this.deleted = new DeletedPaths(action);
        this.linked = new FirstNames(action);
    }

    /**
     * Writes what was made or changed as a tar stream; blocks.
     *
     * @param out stays open
     * @return absolute paths of what was deleted
     * @throws GantryException RESOURCE_EXHAUSTED when more was deleted, or has several names, than can be remembered
     */
    static List<String> write(
            Syscalls syscalls, Path upper, Path merged, List<Path> lower, Predicate<String> skipped, OutputStream out)
            throws IOException, InterruptedException {
        String action = "read changes of root file system " + merged;
        try (TarWriter tar = new TarWriter(out);
                Fd changed = open(syscalls, AT_FDCWD, upper.toString());
                Fd shown = open(syscalls, AT_FDCWD, merged.toString())) {
            SnapshotDiff diff = new SnapshotDiff(syscalls, lower, skipped, tar, action);
            diff.children(changed, shown, "", false, 0);
            return diff.deleted.all();
        } catch (ErrnoException e) {
            throw e.during(action);
        }
    }

    private static Fd open(Syscalls syscalls, int dirfd, String path) {
        return new Fd(syscalls, syscalls.openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0));
    }

    /**
     * @param changed the directory in the writable one; null when all that is shown counts as changed
     * @param hides whether what the layers have here is hidden
     */
    private void children(@Nullable Fd changed, Fd shown, String prefix, boolean hides, int depth)
            throws IOException, InterruptedException {
        if (depth > MAX_DEPTH) {
            throw new IOException("directories are nested deeper than " + MAX_DEPTH + " levels at /" + prefix);
        }
        for (DirectoryEntry entry : pieces.of((changed == null ? shown : changed).number())) {
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while reading changes of a root file system");
            }
            member(changed, shown, entry.name(), prefix, hides, depth);
        }
        if (hides) {
            noteHidden(shown, prefix);
        }
    }

    private void member(@Nullable Fd changed, Fd shown, String name, String prefix, boolean hides, int depth)
            throws IOException, InterruptedException {
        String path = prefix + name;
        if (skipped.test("/" + path)) {
            return;
        }
        FileStatus status = syscalls.fstatatIfExists(shown.number(), name, AT_SYMLINK_NOFOLLOW);
        if (status == null) {
            if (changed != null && isWhiteout(syscalls.fstatat(changed.number(), name, AT_SYMLINK_NOFOLLOW))) {
                deleted.add("/" + path);
            }
            return;
        }
        if (status.isDirectory()) {
            directory(changed, shown, name, path, status, hides, depth);
        } else {
            leaf(shown, name, path, status);
        }
    }

    private static boolean isWhiteout(FileStatus status) {
        return status.type() == S_IFCHR && status.rdevMajor() == 0 && status.rdevMinor() == 0;
    }

    private void directory(
            @Nullable Fd changed, Fd shown, String name, String path, FileStatus status, boolean hides, int depth)
            throws IOException, InterruptedException {
        tar.begin(attributes(new Member('5', path + "/"), status, reachable(shown, name)));
        boolean moved = false;
        boolean opaque = hides;
        if (changed != null) {
            String own = reachable(changed, name);
            moved = syscalls.lgetxattr(own, REDIRECT) != null;
            opaque |= moved || syscalls.lgetxattr(own, OPAQUE) != null;
        }
        try (Fd below = changed == null || moved ? null : open(syscalls, changed.number(), name);
                Fd inside = open(syscalls, shown.number(), name)) {
            children(below, inside, path + "/", opaque, depth + 1);
        }
    }

    /** What the layers have in a directory that hides them, and it has not itself. */
    private void noteHidden(Fd shown, String prefix) {
        for (Path layer : lower) {
            try (Fd root = open(syscalls, AT_FDCWD, layer.toString());
                    Fd directory = beneath(root, prefix)) {
                for (DirectoryEntry entry : pieces.of(directory.number())) {
                    String path = "/" + prefix + entry.name();
                    if (!skipped.test(path)
                            && syscalls.fstatatIfExists(shown.number(), entry.name(), AT_SYMLINK_NOFOLLOW) == null) {
                        deleted.add(path);
                    }
                }
            } catch (ErrnoException e) {
                if (!e.is(Errno.ENOENT) && !e.is(Errno.ENOTDIR) && !e.is(Errno.ELOOP)) {
                    throw e;
                }
            }
        }
    }

    /** A link of the layer on the way is no directory of the root file system, wherever it leads. */
    private Fd beneath(Fd root, String prefix) {
        return new Fd(
                syscalls,
                syscalls.openat2(
                        root.number(),
                        prefix.isEmpty() ? "." : prefix,
                        O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                        0,
                        BENEATH));
    }

    private void leaf(Fd shown, String name, String path, FileStatus status) throws IOException {
        if (status.links() > 1) {
            String first = linked.before(status, path);
            if (first != null) {
                tar.begin(plain(new Member('1', path), status).link(first));
                return;
            }
        }
        String reachable = reachable(shown, name);
        switch (status.type()) {
            case S_IFCHR -> tar.begin(attributes(device('3', path, status), status, reachable));
            case S_IFBLK -> tar.begin(attributes(device('4', path, status), status, reachable));
            case S_IFIFO -> tar.begin(attributes(new Member('6', path), status, reachable));
            default -> {
                if (status.isSymlink()) {
                    tar.begin(attributes(
                            new Member('2', path).link(syscalls.readlinkat(shown.number(), name)), status, reachable));
                } else if (status.isRegular()) {
                    file(shown, name, path, status, reachable);
                }
                // A socket: it is made anew by whoever listens on it.
            }
        }
    }

    private void file(Fd shown, String name, String path, FileStatus status, String reachable) throws IOException {
        try (Fd file = new Fd(syscalls, syscalls.openat(shown.number(), name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0))) {
            tar.begin(attributes(new Member('0', path).size(status.size()), status, reachable));
            long left = status.size();
            while (left > 0) {
                int count = syscalls.read(file.number(), buffer, 0, (int) Math.min(buffer.length, left));
                if (count <= 0) {
                    throw new IOException("file /" + path + " became shorter while it was read");
                }
                tar.data(buffer, 0, count);
                left -= count;
            }
        }
    }

    private static String reachable(Fd directory, String name) {
        return "/proc/self/fd/" + directory.number() + "/" + name;
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
        int bytes = 0;
        for (String attribute : syscalls.llistxattr(reachable)) {
            byte[] value = isKept(attribute) ? attribute(reachable, attribute) : null;
            if (value != null) {
                bytes += value.length;
                if (bytes > MAX_ATTRIBUTE_BYTES) {
                    throw GantryException.of(
                            ErrorKind.RESOURCE_EXHAUSTED,
                            action,
                            "a file has more than " + MAX_ATTRIBUTE_BYTES + " bytes of extended attributes");
                }
                member.xattr(attribute, value);
            }
        }
        return plain(member, status);
    }

    private static boolean isKept(String attribute) {
        return KEPT.contains(attribute) || attribute.startsWith("user.") && !attribute.startsWith("user.overlay.");
    }

    private byte @Nullable [] attribute(String reachable, String name) {
        try {
            return syscalls.lgetxattr(reachable, name);
        } catch (ErrnoException e) {
            if (e.is(Errno.EOPNOTSUPP)) {
                return null;
            }
            throw e;
        }
    }
}

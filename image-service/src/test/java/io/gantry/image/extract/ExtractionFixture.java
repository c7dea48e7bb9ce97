package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;

import io.gantry.image.codec.HashingFeed;
import io.gantry.image.reference.Digest;
import io.gantry.image.testing.MemoryFeed;
import io.gantry.image.tree.TreeRemover;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** A layer root with a guarded directory around it: {@link #outside()} says whether anything else was touched. */
final class ExtractionFixture implements AutoCloseable {
    static final Syscalls SYSCALLS = JnaSyscalls.instance();

    private final TestDirectories directories = TestDirectories.create();
    private final Path around = directories.dir("around");
    private final List<String> before;
    final Path root;

    ExtractionFixture() {
        root = directories.dir("around/layers/x/fs");
        directories.file("around/etc/passwd", "root\n");
        directories.file("around/layers/x/secret", "secret\n");
        before = outside();
    }

    LayerContents extract(byte[] tar) throws IOException, InterruptedException {
        return extract(tar, 512 * 3 + 1, ExtractionLimits.DEFAULT);
    }

    LayerContents extract(byte[] tar, int chunk, ExtractionLimits limits) throws IOException, InterruptedException {
        MessageDigest hash = Digest.Algorithm.SHA256.newHash();
        HashingFeed feed = new HashingFeed(new MemoryFeed(tar, chunk), hash, limits.maxBytes());
        int fd = SYSCALLS.openat(AT_FDCWD, root.toString(), O_DIRECTORY | O_CLOEXEC, 0);
        try {
            LayerContents contents = new TarExtractor(SYSCALLS, limits, 0022).extract(feed, fd);
            if (!Digest.ofHash(Digest.Algorithm.SHA256, hash.digest()).equals(Digest.ofSha256(tar))) {
                throw new AssertionError("not every byte of the stream was read");
            }
            return contents;
        } finally {
            SYSCALLS.close(fd);
        }
    }

    FileStatus status(String path) {
        return SYSCALLS.fstatat(AT_FDCWD, root + "/" + path, AT_SYMLINK_NOFOLLOW);
    }

    boolean exists(String path) {
        return SYSCALLS.fstatatIfExists(AT_FDCWD, root + "/" + path, AT_SYMLINK_NOFOLLOW) != null;
    }

    String text(String path) throws IOException {
        return Files.readString(root.resolve(path));
    }

    boolean isOpaque(String path) {
        return SYSCALLS.lgetxattr(root + "/" + path, "trusted.overlay.opaque") != null;
    }

    boolean isWhiteout(String path) {
        FileStatus status = status(path);
        return (status.mode() & 0170000) == 0020000 && status.rdevMajor() == 0 && status.rdevMinor() == 0;
    }

    /** Empties the layer root for the next archive. */
    void clear() {
        new TreeRemover(SYSCALLS).remove(root);
        SYSCALLS.mkdirat(AT_FDCWD, root.toString(), 0755);
    }

    /** Names, inodes, times and modes of everything around the layer root. */
    List<String> outside() {
        List<String> seen = new ArrayList<>();
        collect(around, seen);
        return seen;
    }

    boolean isOutsideUntouched() {
        return outside().equals(before);
    }

    private void collect(Path path, List<String> seen) {
        FileStatus status = SYSCALLS.fstatat(AT_FDCWD, path.toString(), AT_SYMLINK_NOFOLLOW);
        if (path.equals(root)) {
            return;
        }
        boolean holdsRoot = root.startsWith(path);
        seen.add(path + " " + status.mode() + " " + status.uid() + " " + status.links() + " "
                + (holdsRoot ? "" : status.mtimeSeconds() + "." + status.mtimeNanos() + " " + status.size()));
        if (status.isDirectory()) {
            try (var children = Files.list(path)) {
                children.sorted().forEach(child -> collect(child, seen));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        new TreeRemover(SYSCALLS).remove(root);
        directories.close();
    }
}

package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_CREAT;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_EXCL;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.O_WRONLY;
import static io.gantry.platform.linux.LinuxConstants.SEEK_SET;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * An archive, compressed or not, that may hold nothing but files and directories: a checkpoint, which somebody else may have
 * made. Whatever else it holds (links, devices, names that lead out of it, one name twice) is refused. Owners, times and
 * permissions in it do not count: all of it becomes root's, closed to others.
 */
public final class PlainArchive {
    private final Syscalls syscalls;
    private final ExtractionLimits limits;

    public PlainArchive(Syscalls syscalls, ExtractionLimits limits) {
        this.syscalls = syscalls;
        this.limits = limits;
    }

    /**
     * Unpacks an archive and reads it to its very end. On failure the directory is left half filled, for the caller to
     * delete.
     *
     * @param directory an empty one
     * @throws TarException when the archive is damaged, cut off, or holds what it may not
     * @throws IOException when it cannot be read or unpacked
     * @throws ErrnoException when the file system refuses
     */
    public void unpack(Path archive, Path directory) throws IOException, InterruptedException {
        int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        try (Fd root = new Fd(syscalls, syscalls.openat(AT_FDCWD, directory.toString(), flags, 0));
                ArchiveFeed feed = ArchiveFeed.open(archive, limits.maxBytes());
                LayerTree tree = new LayerTree(syscalls, root.number(), path -> {})) {
            TarReader reader = new TarReader(feed);
            long entries = 0;
            for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
                if (++entries > limits.maxEntries()) {
                    throw new LayerTooLargeException("it has more than " + limits.maxEntries() + " entries");
                }
                place(entry, reader, tree);
            }
            if (entries == 0) {
                throw new TarException("it is empty");
            }
            reader.drain();
        }
    }

    private void place(TarEntry entry, TarReader reader, LayerTree tree) throws IOException, InterruptedException {
        String path = requireInside(entry.name());
        switch (entry.type()) {
            case DIRECTORY -> {
                int unused = tree.directory(path);
            }
            case FILE -> {
                if (path.isEmpty()) {
                    throw new TarException("a file without a name");
                }
                file(entry, reader, tree.directory(TarNames.parent(path)), path);
            }
            case HARD_LINK, SYMLINK -> throw refused("link", entry);
            case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> throw refused("device", entry);
        }
    }

    private static TarException refused(String what, TarEntry entry) {
        return new TarException("it holds a " + what + ", " + TarNames.quote(entry.name())
                + "; only files and directories are accepted");
    }

    private static String requireInside(String name) throws TarException {
        if (name.startsWith("/") || Arrays.asList(name.split("/")).contains("..")) {
            throw new TarException("the name " + TarNames.quote(name) + " leads out of it");
        }
        return TarNames.clean(name);
    }

    private void file(TarEntry entry, TarReader reader, int dirfd, String path)
            throws IOException, InterruptedException {
        int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        try (Fd file = new Fd(syscalls, syscalls.openat(dirfd, TarNames.base(path), flags, 0600))) {
            int fd = file.number();
            SparseMap sparse = entry.sparse();
            if (sparse == null) {
                reader.copyData(entry.size(), data -> writeAll(fd, data));
                return;
            }
            syscalls.ftruncate(fd, sparse.realSize());
            for (int i = 0; i < sparse.offsets().length; i++) {
                syscalls.lseek(fd, sparse.offsets()[i], SEEK_SET);
                reader.copyData(sparse.lengths()[i], data -> writeAll(fd, data));
            }
        } catch (ErrnoException e) {
            if (e.is(Errno.EEXIST)) {
                throw new TarException("it has " + TarNames.quote(path) + " twice");
            }
            if (e.is(Errno.ENAMETOOLONG)) {
                throw new TarException("name is too long: " + TarNames.quote(path));
            }
            throw e;
        }
    }

    private void writeAll(int fd, ByteBuffer data) {
        while (data.hasRemaining()) {
            syscalls.write(fd, data);
        }
    }
}

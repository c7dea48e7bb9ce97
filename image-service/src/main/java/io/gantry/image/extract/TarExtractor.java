package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_CREAT;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_EXCL;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_WRONLY;
import static io.gantry.platform.linux.LinuxConstants.SEEK_SET;
import static io.gantry.platform.linux.LinuxConstants.S_IFBLK;
import static io.gantry.platform.linux.LinuxConstants.S_IFCHR;
import static io.gantry.platform.linux.LinuxConstants.S_IFIFO;

import io.gantry.image.codec.ByteFeed;
import io.gantry.image.tree.TreeRemover;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.PathBytes;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Unpacks one layer into an empty directory, in the form that overlayfs stacks. Later entries replace earlier ones of the
 * same name, a directory over a directory keeps what is in it. Directories get their attributes at the end, when nothing
 * in them changes any more. Blocks in system calls: for a platform thread.
 */
public final class TarExtractor {
    private static final long BLOCK = 4096;

    private final Syscalls syscalls;
    private final ExtractionLimits limits;
    private final Attributes attributes;
    private final Whiteouts whiteouts;
    private final TreeRemover remover;
    private final WriteBehind writeBehind;

    /** @param umask of this process: permission bits that new files do not get by themselves */
    public TarExtractor(Syscalls syscalls, ExtractionLimits limits, int umask) {
        this(syscalls, limits, umask, new Whiteouts(syscalls));
    }

    private TarExtractor(Syscalls syscalls, ExtractionLimits limits, int umask, Whiteouts whiteouts) {
        this.syscalls = syscalls;
        this.limits = limits;
        this.attributes = new Attributes(syscalls, umask);
        this.whiteouts = whiteouts;
        this.remover = new TreeRemover(syscalls);
        this.writeBehind = new WriteBehind(syscalls);
    }

    /**
     * One that unpacks changes over a root file system that is there, instead of a layer to be stacked: what a whiteout
     * names is deleted.
     */
    static TarExtractor over(Syscalls syscalls, ExtractionLimits limits) {
        return new TarExtractor(syscalls, limits, 0777, new MergedWhiteouts(syscalls));
    }

    /**
     * Unpacks a tar stream and reads it to its very end. On failure the directory is left half filled, for the caller to
     * delete.
     *
     * @param root descriptor of the directory, owned by 0:0 without set-group-id
     * @throws TarException when the archive is damaged, or its entries contradict each other
     * @throws LayerTooLargeException when it has more entries than allowed
     * @throws ErrnoException when the file system refuses
     */
    public LayerContents extract(ByteFeed tar, int root) throws IOException, InterruptedException {
        TarReader reader = new TarReader(tar);
        Extraction extraction = new Extraction(reader, root);
        try (extraction.tree) {
            long entries = 0;
            for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
                if (++entries > limits.maxEntries()) {
                    throw new LayerTooLargeException("it has more than " + limits.maxEntries() + " entries");
                }
                extraction.apply(entry);
            }
            extraction.finishDirectories();
            reader.drain();
        }
        return extraction.contents();
    }

    /** One layer under way. */
    private final class Extraction {
        private final TarReader reader;
        private final LayerTree tree;
        private final Map<String, TarEntry> directories = new LinkedHashMap<>();
        private final Set<String> implied = new LinkedHashSet<>();
        private boolean opaqueRoot;
        private long bytes = BLOCK;
        private long inodes = 1;

        Extraction(TarReader reader, int root) {
            this.reader = reader;
            this.tree = new LayerTree(syscalls, root, this::countImplied);
        }

        private void countImplied(String path) {
            implied.add(path);
            bytes += BLOCK;
            inodes++;
        }

        LayerContents contents() {
            // A path that is not valid text cannot be recorded as such; it keeps the attributes it has.
            return new LayerContents(
                    bytes, inodes, implied.stream().filter(path -> isText(path)).toList(), opaqueRoot);
        }

        private static boolean isText(String path) {
            return path.chars().noneMatch(c -> Character.isSurrogate((char) c))
                    || path.equals(new String(PathBytes.encode(path), java.nio.charset.StandardCharsets.UTF_8));
        }

        void apply(TarEntry entry) throws IOException, InterruptedException {
            String path = TarNames.clean(entry.name());
            if (path.isEmpty()) {
                return;
            }
            try {
                place(entry, path);
            } catch (ErrnoException e) {
                if (e.is(Errno.ENAMETOOLONG)) {
                    throw new TarException("name is too long: " + TarNames.quote(path));
                }
                throw e;
            }
        }

        private void place(TarEntry entry, String path) throws IOException, InterruptedException {
            String parent = TarNames.parent(path);
            String name = TarNames.base(path);
            if (Whiteouts.isWhiteout(name)) {
                whiteout(parent, name);
                return;
            }
            int dirfd = tree.directory(parent);
            switch (entry.type()) {
                case FILE -> file(entry, dirfd, name, path);
                case DIRECTORY -> directory(entry, dirfd, name, path);
                case HARD_LINK -> hardLink(entry, parent, name, path);
                case SYMLINK -> special(entry, dirfd, name, path, at -> syscalls.symlinkat(entry.linkName(), at, name));
                case CHARACTER_DEVICE -> node(entry, dirfd, name, path, S_IFCHR);
                case BLOCK_DEVICE -> node(entry, dirfd, name, path, S_IFBLK);
                case FIFO -> node(entry, dirfd, name, path, S_IFIFO);
            }
        }

        private void file(TarEntry entry, int dirfd, String name, String path)
                throws IOException, InterruptedException {
            int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
            int[] opened = new int[1];
            makeAt(dirfd, name, path, at -> opened[0] = syscalls.openat(at, name, flags, entry.mode() & 0777));
            int fd = opened[0];
            try {
                write(entry, fd);
                attributes.applyToFile(fd, entry);
                writeBehind.offer(fd, entry.size());
            } finally {
                syscalls.close(fd);
            }
            bytes += (entry.size() + BLOCK - 1) / BLOCK * BLOCK;
            inodes++;
        }

        private void write(TarEntry entry, int fd) throws IOException, InterruptedException {
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
        }

        private void writeAll(int fd, ByteBuffer data) {
            while (data.hasRemaining()) {
                syscalls.write(fd, data);
            }
        }

        private void directory(TarEntry entry, int dirfd, String name, String path) throws IOException {
            try {
                syscalls.mkdirat(dirfd, name, 0755);
                bytes += BLOCK;
                inodes++;
            } catch (ErrnoException e) {
                if (!e.is(Errno.EEXIST)) {
                    throw e;
                }
                replaceByDirectory(dirfd, name, path);
            }
            implied.remove(path);
            directories.put(path, entry);
        }

        /** A directory stays as it is and gets new attributes; anything else makes room. */
        private void replaceByDirectory(int dirfd, String name, String path) throws IOException {
            FileStatus existing = syscalls.fstatat(dirfd, name, AT_SYMLINK_NOFOLLOW);
            if (existing.isDirectory()) {
                return;
            }
            boolean hides = whiteouts.isWhiteout(dirfd, name);
            remove(dirfd, name, path);
            syscalls.mkdirat(tree.directory(TarNames.parent(path)), name, 0755);
            bytes += BLOCK;
            inodes++;
            if (hides) {
                markOpaque(path);
            }
        }

        private void hardLink(TarEntry entry, String parent, String name, String path) throws IOException {
            String target = TarNames.clean(entry.linkName());
            if (target.isEmpty()) {
                throw new TarException("hard link " + TarNames.quote(path) + " has no target");
            }
            if (target.equals(path)) {
                return;
            }
            try {
                link(target, parent, name);
            } catch (ErrnoException e) {
                if (e.is(Errno.EEXIST)) {
                    remove(tree.directory(parent), name, path);
                    linkOrExplain(target, parent, name, path);
                } else {
                    throw linkProblem(e, target, path);
                }
            }
        }

        private void linkOrExplain(String target, String parent, String name, String path) throws IOException {
            try {
                link(target, parent, name);
            } catch (ErrnoException e) {
                throw linkProblem(e, target, path);
            }
        }

        private void link(String target, String parent, String name) throws IOException {
            // The lookup of the second directory may close the first, so that one is held by a copy.
            int from = syscalls.dup(tree.directory(TarNames.parent(target)));
            try {
                syscalls.linkat(from, TarNames.base(target), tree.directory(parent), name, 0);
            } finally {
                syscalls.close(from);
            }
        }

        private TarException linkProblem(ErrnoException e, String target, String path) {
            String link = "hard link " + TarNames.quote(path) + " to " + TarNames.quote(target);
            if (e.is(Errno.ENOENT)) {
                return new TarException(link + ", which the layer does not have");
            }
            if (e.is(Errno.EPERM)) {
                return new TarException(link + ", which is a directory");
            }
            throw e;
        }

        private void node(TarEntry entry, int dirfd, String name, String path, int type) throws IOException {
            special(
                    entry,
                    dirfd,
                    name,
                    path,
                    at -> syscalls.mknodat(at, name, type | (entry.mode() & 0777), entry.major(), entry.minor()));
        }

        private void special(TarEntry entry, int dirfd, String name, String path, IntConsumer call) throws IOException {
            attributes.applyToName(makeAt(dirfd, name, path, call), name, entry);
            inodes++;
        }

        /**
         * Makes something under a name that must be free for it, and frees it when it is not.
         *
         * @param call gets the descriptor of the directory to make it in
         * @return that descriptor
         */
        private int makeAt(int dirfd, String name, String path, IntConsumer call) throws IOException {
            try {
                call.accept(dirfd);
                return dirfd;
            } catch (ErrnoException e) {
                if (!e.is(Errno.EEXIST)) {
                    throw e;
                }
            }
            remove(dirfd, name, path);
            int again = tree.directory(TarNames.parent(path));
            call.accept(again);
            return again;
        }

        /** Deletes what the layer had under a name; descriptors of the tree are void afterwards. */
        private void remove(int dirfd, String name, String path) {
            forgetDirectories(path);
            remover.remove(dirfd, name);
            tree.forget();
        }

        private void forgetDirectories(String path) {
            if (directories.remove(path) != null || implied.remove(path)) {
                String prefix = path + "/";
                directories.keySet().removeIf(known -> known.startsWith(prefix));
                implied.removeIf(known -> known.startsWith(prefix));
            }
        }

        private void whiteout(String parent, String name) throws IOException {
            if (Whiteouts.isOpaqueMark(name)) {
                markOpaque(parent);
            } else if (!Whiteouts.isAufsMetadata(name)) {
                String target = Whiteouts.target(name);
                int dirfd = tree.directory(parent);
                if (whiteouts.make(dirfd, target)) {
                    inodes++;
                } else if (syscalls.fstatat(dirfd, target, AT_SYMLINK_NOFOLLOW).isDirectory()) {
                    markOpaque(parent.isEmpty() ? target : parent + "/" + target);
                }
            }
        }

        private void markOpaque(String path) throws IOException {
            if (path.isEmpty()) {
                opaqueRoot = true;
                return;
            }
            int directory = tree.directory(path);
            int fd = syscalls.openat(directory, ".", O_DIRECTORY | O_CLOEXEC, 0);
            try {
                whiteouts.markOpaque(fd);
            } finally {
                syscalls.close(fd);
            }
        }

        void finishDirectories() throws InterruptedException {
            for (Map.Entry<String, TarEntry> directory : directories.entrySet()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while unpacking a layer");
                }
                withDirectory(directory.getKey(), fd -> attributes.applyToDirectory(fd, directory.getValue()));
            }
            for (String path : implied) {
                withDirectory(path, fd -> syscalls.fchmod(fd, 0755));
            }
        }

        private void withDirectory(String path, IntConsumer action) {
            int fd;
            try {
                fd = tree.openForAttributes(path);
            } catch (ErrnoException e) {
                if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP)) {
                    // A later entry put something else in its place.
                    return;
                }
                throw e;
            }
            try {
                action.accept(fd);
            } finally {
                syscalls.close(fd);
            }
        }
    }
}

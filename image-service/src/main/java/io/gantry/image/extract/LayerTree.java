package io.gantry.image.extract;

import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_PATH;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_IN_ROOT;
import static io.gantry.platform.linux.LinuxConstants.RESOLVE_NO_MAGICLINKS;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Syscalls;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The directories of a layer under way. Every path is looked up by openat2(2) with {@code RESOLVE_IN_ROOT}: symbolic links
 * are followed, but as if the layer's root were {@code /}, and {@code ..} stays inside. The directories used last are kept
 * open.
 */
final class LayerTree implements AutoCloseable {
    private static final int MAX_OPEN = 32;
    private static final int MAX_LINKS = 40;
    private static final long RESOLVE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

    private final Syscalls syscalls;
    private final int root;
    private final Consumer<String> onImplied;
    private final LinkedHashMap<String, Integer> open = new LinkedHashMap<>(64, 0.75f, true);

    /**
     * @param root descriptor of the layer's root, which stays the caller's to close
     * @param onImplied hears of each directory made because it was missing
     */
    LayerTree(Syscalls syscalls, int root, Consumer<String> onImplied) {
        this.syscalls = syscalls;
        this.root = root;
        this.onImplied = onImplied;
    }

    /**
     * A descriptor ({@code O_PATH}) of a directory, made with its parents when missing; it belongs to the tree and is good
     * until the next call.
     *
     * @param path clean, empty for the root
     * @throws TarException when a part of the path is no directory, or links go in circles
     */
    int directory(String path) throws TarException {
        return directory(path, 0);
    }

    private int directory(String path, int links) throws TarException {
        int fd = existing(path);
        if (fd >= 0) {
            return fd;
        }
        Deque<String> missing = new ArrayDeque<>();
        String at = path;
        while (fd < 0) {
            missing.push(at);
            at = TarNames.parent(at);
            fd = existing(at);
        }
        for (String next : missing) {
            fd = make(fd, next, links);
        }
        return fd;
    }

    /** A directory that is there, or -1. */
    private int existing(String path) throws TarException {
        if (path.isEmpty()) {
            return root;
        }
        Integer known = open.get(path);
        if (known != null) {
            return known;
        }
        try {
            return keep(path, syscalls.openat2(root, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, RESOLVE));
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT)) {
                return -1;
            }
            throw problem(e, path);
        }
    }

    private int make(int parent, String path, int links) throws TarException {
        String name = TarNames.base(path);
        try {
            syscalls.mkdirat(parent, name, 0755);
            onImplied.accept(path);
            return keep(path, syscalls.openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0));
        } catch (ErrnoException e) {
            if (!e.is(Errno.EEXIST)) {
                throw problem(e, path);
            }
        }
        // A link to nothing: the directory it names is made instead, inside the root.
        if (links >= MAX_LINKS) {
            throw new TarException("too many symbolic links on the way to " + TarNames.quote(path));
        }
        String target = readLink(parent, name, path);
        directory(TarNames.clean(target.startsWith("/") ? target : TarNames.parent(path) + "/" + target), links + 1);
        int fd = existing(path);
        if (fd < 0) {
            throw new TarException("link at " + TarNames.quote(path) + " leads nowhere");
        }
        return fd;
    }

    private String readLink(int parent, String name, String path) throws TarException {
        try {
            return syscalls.readlinkat(parent, name);
        } catch (ErrnoException e) {
            throw problem(e, path);
        }
    }

    private static TarException problem(ErrnoException e, String path) {
        if (e.is(Errno.ENOTDIR) || e.is(Errno.EINVAL)) {
            return new TarException(TarNames.quote(path) + " is used as a directory but is none");
        }
        if (e.is(Errno.ELOOP)) {
            return new TarException("symbolic links go in circles at " + TarNames.quote(path));
        }
        if (e.is(Errno.ENAMETOOLONG)) {
            return new TarException("name is too long: " + TarNames.quote(path));
        }
        throw e;
    }

    private int keep(String path, int fd) {
        open.put(path, fd);
        if (open.size() > MAX_OPEN) {
            Map.Entry<String, Integer> eldest = open.pollFirstEntry();
            syscalls.close(eldest.getValue());
        }
        return fd;
    }

    /** Opens a directory for changes of its own attributes; never through a link as its last part. */
    int openForAttributes(String path) {
        if (path.isEmpty()) {
            return syscalls.openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        }
        return syscalls.openat2(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, RESOLVE);
    }

    /** Something that may have been on the way to other names was removed: nothing known is certain any more. */
    void forget() {
        open.values().forEach(syscalls::close);
        open.clear();
    }

    @Override
    public void close() {
        forget();
    }
}

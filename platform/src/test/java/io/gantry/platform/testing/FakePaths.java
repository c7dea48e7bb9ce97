package io.gantry.platform.testing;

import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.LinuxConstants;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Walks the tree of {@link FakeSyscalls} as path_resolution(7) and openat2(2) describe it. */
final class FakePaths {
    /** Where a path leads: the directory, the last name in it, and what that is, if it is there. */
    record Place(FakeFile directory, String name, @Nullable FakeFile file) {
        FakeFile require(String call, String path) {
            if (file == null) {
                throw new ErrnoException(Errno.ENOENT, call, path);
            }
            return file;
        }
    }

    private static final int MAX_LINKS = 40;

    private FakePaths() {}

    static Place resolve(FakeFile root, FakeFile start, String path, boolean followLast, long resolve, String call) {
        if (path.isEmpty()) {
            throw new ErrnoException(Errno.ENOENT, call, "(empty path)");
        }
        boolean inRoot = (resolve & LinuxConstants.RESOLVE_IN_ROOT) != 0;
        boolean beneath = (resolve & LinuxConstants.RESOLVE_BENEATH) != 0;
        FakeFile top = inRoot || beneath ? start : root;
        FakeFile current = start;
        int links = 0;
        Deque<String> rest = new ArrayDeque<>();
        if (path.startsWith("/")) {
            refuse(beneath, call, path);
            current = top;
        }
        push(rest, path);
        boolean directoryWanted = path.endsWith("/");
        while (!rest.isEmpty()) {
            String name = rest.pop();
            if (!current.isDirectory()) {
                throw new ErrnoException(Errno.ENOTDIR, call, path);
            }
            if (name.equals(".")) {
                continue;
            }
            if (name.equals("..")) {
                refuse(beneath && current == top, call, path);
                current = current == top || current.parent == null ? current : current.parent;
                continue;
            }
            FakeFile next = current.children.get(name);
            boolean last = rest.isEmpty();
            if (next != null && next.isLink() && (!last || followLast || directoryWanted)) {
                if (++links > MAX_LINKS || (resolve & LinuxConstants.RESOLVE_NO_SYMLINKS) != 0) {
                    throw new ErrnoException(Errno.ELOOP, call, path);
                }
                if (next.target.startsWith("/")) {
                    refuse(beneath, call, path);
                    current = top;
                }
                push(rest, next.target);
                continue;
            }
            if (last) {
                if (directoryWanted && next != null && !next.isDirectory()) {
                    throw new ErrnoException(Errno.ENOTDIR, call, path);
                }
                return new Place(current, name, next);
            }
            if (next == null) {
                throw new ErrnoException(Errno.ENOENT, call, path);
            }
            current = next;
        }
        return new Place(current.parent == null ? current : current.parent, ".", current);
    }

    private static void refuse(boolean escapes, String call, String path) {
        if (escapes) {
            throw new ErrnoException(Errno.EXDEV, call, path);
        }
    }

    private static void push(Deque<String> rest, String path) {
        String[] names = path.split("/", -1);
        for (int i = names.length - 1; i >= 0; i--) {
            if (!names[i].isEmpty()) {
                rest.push(names[i]);
            }
        }
    }
}

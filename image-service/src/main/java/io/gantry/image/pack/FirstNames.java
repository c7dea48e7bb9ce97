package io.gantry.image.pack;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.FileStatus;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Under which name a file that has several came first, which an archive's hard links refer to. It is forgotten with the
 * file's last name. How many are waiting for their other names is up to whoever filled the tree, so there is a bound.
 */
public final class FirstNames {
    /** About a hundred thousand files. */
    static final long MAX_BYTES = 16L << 20;

    /** What a name takes beside its characters. */
    private static final long NAME_BYTES = 128;

    private static final class First {
        private final String path;
        private int left;

        First(String path, int left) {
            this.path = path;
            this.left = left;
        }
    }

    private final String action;
    private final Map<Long, First> firsts = new HashMap<>();
    private long bytes;

    /** @param action whose failure it is when there are too many */
    public FirstNames(String action) {
        this.action = action;
    }

    /**
     * The path that was given when the file came first.
     *
     * @param status of a file with more than one link
     * @return null when it comes first now
     * @throws GantryException RESOURCE_EXHAUSTED when more files wait for their other names than can be remembered
     */
    public @Nullable String before(FileStatus status, String path) {
        First first = firsts.get(status.inode());
        if (first != null) {
            first.left--;
            if (first.left == 0) {
                firsts.remove(status.inode());
                bytes -= cost(first.path);
            }
            return first.path;
        }
        bytes += cost(path);
        if (bytes > MAX_BYTES) {
            throw GantryException.of(
                    ErrorKind.RESOURCE_EXHAUSTED,
                    action,
                    "more files have several names in places far from each other than can be remembered: "
                            + firsts.size());
        }
        firsts.put(status.inode(), new First(path, status.links() - 1));
        return null;
    }

    private static long cost(String path) {
        return NAME_BYTES + path.length();
    }
}

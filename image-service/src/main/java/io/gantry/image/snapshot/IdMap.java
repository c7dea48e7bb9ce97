package io.gantry.image.snapshot;

import java.nio.file.Path;
import java.util.List;

/**
 * How the ids of an image's files are shown to containers of a user namespace.
 *
 * @param userNamespace file of the namespace, as /proc/PID/ns/user
 * @param uids ranges of user ids
 * @param gids ranges of group ids
 */
public record IdMap(Path userNamespace, List<Range> uids, List<Range> gids) {
    /** {@code length} ids from {@code inside} in the namespace are those from {@code outside} on the host. */
    public record Range(long inside, long outside, long length) {}

    public IdMap {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }

    int uid(int inside) {
        return map(uids, inside);
    }

    int gid(int inside) {
        return map(gids, inside);
    }

    /** An id without a mapping stays: the container sees it as nobody's. */
    private static int map(List<Range> ranges, int inside) {
        for (Range range : ranges) {
            if (inside >= range.inside() && inside < range.inside() + range.length()) {
                return (int) (range.outside() + inside - range.inside());
            }
        }
        return inside;
    }
}

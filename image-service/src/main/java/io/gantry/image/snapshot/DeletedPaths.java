package io.gantry.image.snapshot;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Paths that a container deleted, each once. It decides how many there are, so there is a bound. */
final class DeletedPaths {
    /** Some hundred thousand short paths. */
    private static final long MAX_BYTES = 16L << 20;

    /** What a path takes beside its characters. */
    private static final long PATH_BYTES = 96;

    private final String action;
    private final Set<String> paths = new LinkedHashSet<>();
    private long bytes;

    DeletedPaths(String action) {
        this.action = action;
    }

    /** @throws GantryException RESOURCE_EXHAUSTED when there are too many */
    void add(String path) {
        if (!paths.add(path)) {
            return;
        }
        bytes += PATH_BYTES + path.length();
        if (bytes > MAX_BYTES) {
            throw GantryException.of(
                            ErrorKind.RESOURCE_EXHAUSTED,
                            action,
                            "more files of the image were deleted one by one than can be listed: " + paths.size())
                    .withRemedy("delete whole directories, or leave the files in place");
        }
    }

    List<String> all() {
        return List.copyOf(paths);
    }
}

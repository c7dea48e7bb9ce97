package io.gantry.image.snapshot;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.AT_SYMLINK_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_NOFOLLOW;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;

import io.gantry.image.layer.Layer;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Directories whose attributes the topmost layer does not know. Overlayfs shows the owner and permissions of the topmost
 * directory of a name; when that layer only implies the directory (it holds {@code tmp/file} but not {@code tmp}), those
 * of the layer below are right: {@code /tmp} must stay 1777. They are made again above all layers.
 */
final class MergedDirectories {
    private static final int DEFAULT_MODE = 0755;

    private final Syscalls syscalls;
    private final List<Layer> topFirst;
    private final List<Set<String>> implied;

    /** @param topFirst layers, topmost first */
    MergedDirectories(Syscalls syscalls, List<Layer> topFirst) {
        this.syscalls = syscalls;
        this.topFirst = topFirst;
        this.implied = topFirst.stream()
                .<Set<String>>map(layer -> new HashSet<>(layer.record().impliedDirectories()))
                .toList();
    }

    /** Directories to be made above the layers, parents first, with the attributes that they must show. */
    Map<String, FileStatus> repairs() {
        Map<String, FileStatus> repairs = new TreeMap<>();
        Map<String, @Nullable FileStatus> known = new HashMap<>();
        for (Set<String> paths : implied) {
            for (String path : paths) {
                FileStatus status = known.computeIfAbsent(path, this::effective);
                if (status == null || isDefault(status)) {
                    continue;
                }
                for (String above = path; !above.isEmpty() && !repairs.containsKey(above); above = parent(above)) {
                    FileStatus shown = above.equals(path) ? status : known.computeIfAbsent(above, this::effectiveOrTop);
                    if (shown != null) {
                        repairs.put(above, shown);
                    }
                }
            }
        }
        return repairs;
    }

    private static boolean isDefault(FileStatus status) {
        return status.permissions() == DEFAULT_MODE && status.uid() == 0 && status.gid() == 0;
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private @Nullable FileStatus effectiveOrTop(String path) {
        FileStatus status = effective(path);
        return status != null ? status : topmost(path);
    }

    /** Status of the topmost directory that a layer really describes; null when there is none that shows. */
    private @Nullable FileStatus effective(String path) {
        for (int i = 0; i < topFirst.size(); i++) {
            Found found = find(topFirst.get(i), path);
            if (found.status != null && !implied.get(i).contains(path)) {
                return found.status.isDirectory() ? found.status : null;
            }
            if (found.hidesBelow) {
                return null;
            }
        }
        return null;
    }

    private @Nullable FileStatus topmost(String path) {
        for (Layer layer : topFirst) {
            Found found = find(layer, path);
            if (found.status != null) {
                return found.status;
            }
        }
        return null;
    }

    /** @param hidesBelow whether nothing of lower layers shows at this path */
    private record Found(@Nullable FileStatus status, boolean hidesBelow) {}

    private Found find(Layer layer, String path) {
        boolean hides = layer.record().opaqueRoot();
        for (int slash = path.indexOf('/'); ; slash = path.indexOf('/', slash + 1)) {
            String part = slash < 0 ? path : path.substring(0, slash);
            // Each part was seen to be a real directory before the next is looked up, so no link is followed.
            String full = layer.files() + "/" + part;
            FileStatus status = syscalls.fstatatIfExists(AT_FDCWD, full, AT_SYMLINK_NOFOLLOW);
            if (status == null) {
                return new Found(null, hides);
            }
            if (!status.isDirectory()) {
                return new Found(slash < 0 ? status : null, true);
            }
            hides |= syscalls.lgetxattr(full, "trusted.overlay.opaque") != null;
            if (slash < 0) {
                return new Found(status, hides);
            }
        }
    }

    /** Makes directories below {@code target} as {@link #repairs} says. */
    static void make(Syscalls syscalls, Path target, Map<String, FileStatus> repairs) {
        for (Map.Entry<String, FileStatus> repair : repairs.entrySet()) {
            String path = target + "/" + repair.getKey();
            FileStatus status = repair.getValue();
            syscalls.mkdirat(AT_FDCWD, path, 0700);
            int fd = syscalls.openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
            try {
                syscalls.fchown(fd, status.uid(), status.gid());
                syscalls.fchmod(fd, status.permissions());
            } finally {
                syscalls.close(fd);
            }
        }
    }
}

package io.gantry.pod.cgroup;

import io.gantry.platform.linux.CgroupMode;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How many processes the kernel's OOM killer has killed, from the files of the memory controller below a mount point.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control Group v2, memory.events</a>
 */
record OomCounters(CgroupMode mode, Path memory) {
    private static final String KEY = "oom_kill ";

    /** How often a count of a parent is begun anew because processes are killed in the middle of it. */
    private static final int TRIES = 64;

    /** Kills in a cgroup, on v2 with those below it; empty when it is gone or does not count them. */
    OptionalLong of(String path) {
        return read(directory(path).resolve(mode == CgroupMode.V2 ? "memory.events" : "memory.oom_control"));
    }

    /**
     * Kills in cgroups that were below a parent and are gone: on v2 its counter keeps what was counted below it. The figure is
     * of one moment. Empty on v1, when the parent is gone or does not count, and when processes are killed all the time.
     */
    OptionalLong ofGone(String parent) {
        if (mode != CgroupMode.V2) {
            return OptionalLong.empty();
        }
        for (int attempt = 0; attempt < TRIES; attempt++) {
            OptionalLong all = of(parent);
            if (all.orElse(0) == 0) {
                return all;
            }
            long there = read(directory(parent).resolve("memory.events.local")).orElse(0) + ofChildren(parent);
            if (of(parent).equals(all)) {
                // Less than nothing: the mount option memory_localevents makes every counter a local one.
                return OptionalLong.of(Math.max(0, all.getAsLong() - there));
            }
        }
        return OptionalLong.empty();
    }

    private long ofChildren(String parent) {
        long kills = 0;
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory(parent), Files::isDirectory)) {
            for (Path child : children) {
                kills += read(child.resolve("memory.events")).orElse(0);
            }
        } catch (IOException | DirectoryIteratorException e) {
            return kills; // the parent is gone, which the next look at it tells
        }
        return kills;
    }

    private Path directory(String path) {
        return memory.resolve(path.substring(1));
    }

    private static OptionalLong read(Path file) {
        try {
            for (String line : Files.readAllLines(file)) {
                if (line.startsWith(KEY)) {
                    return OptionalLong.of(
                            Long.parseLong(line.substring(KEY.length()).strip()));
                }
            }
        } catch (IOException | NumberFormatException e) {
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
    }
}

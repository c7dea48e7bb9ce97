package io.gantry.platform.linux;

import java.nio.file.Path;
import java.util.List;

/**
 * One line of {@code /proc/self/mountinfo}, with its escapes decoded.
 *
 * @param root what of its file system is mounted
 * @param target where
 * @param options of the mount itself
 * @param propagation {@code shared:N}, {@code master:N} and the like; empty when private
 * @param superOptions of the file system
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">proc_pid_mountinfo(5)</a>
 */
public record MountEntry(
        int id,
        int parentId,
        String device,
        String root,
        Path target,
        List<String> options,
        List<String> propagation,
        String type,
        String source,
        List<String> superOptions) {
    public MountEntry {
        options = List.copyOf(options);
        propagation = List.copyOf(propagation);
        superOptions = List.copyOf(superOptions);
    }

    public boolean isReadOnly() {
        return options.contains("ro");
    }

    public boolean isShared() {
        return propagation.stream().anyMatch(field -> field.startsWith("shared:"));
    }

    public boolean isSlave() {
        return propagation.stream().anyMatch(field -> field.startsWith("master:"));
    }
}

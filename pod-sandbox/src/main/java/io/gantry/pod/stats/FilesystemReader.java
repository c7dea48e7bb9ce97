package io.gantry.pod.stats;

import io.gantry.platform.linux.FilesystemStatus;
import io.gantry.platform.linux.MountEntry;
import io.gantry.platform.linux.MountInfo;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.Comparator;

/**
 * Asks for the size of one file system.
 *
 * @param root a directory on it
 * @param device what is mounted there
 */
record FilesystemReader(String root, String device, Syscalls syscalls) {
    static FilesystemReader of(Path root, Syscalls syscalls) {
        String device = MountInfo.ofSelf().stream()
                .filter(mount -> root.startsWith(mount.target()))
                .max(Comparator.comparingInt(mount -> mount.target().getNameCount()))
                .map(MountEntry::source)
                .orElse("");
        return new FilesystemReader(root.toString(), device, syscalls);
    }

    FilesystemFigures get() {
        FilesystemStatus status = syscalls.statfs(root);
        return new FilesystemFigures(device, status.blocks() * status.blockSize(), status.files(), status.filesFree());
    }
}

package io.gantry.image.snapshot;

import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Gives the directories of a fresh writable directory to the owners that a user namespace maps theirs to. */
final class MappedOwners {
    private MappedOwners() {}

    static void apply(Syscalls syscalls, Path upper, IdMap idMap) throws IOException {
        List<Path> directories;
        try (Stream<Path> tree = Files.walk(upper)) {
            directories = tree.toList();
        }
        for (Path directory : directories) {
            FileStatus status =
                    syscalls.fstatat(LinuxConstants.AT_FDCWD, directory.toString(), LinuxConstants.AT_SYMLINK_NOFOLLOW);
            syscalls.fchownat(
                    LinuxConstants.AT_FDCWD,
                    directory.toString(),
                    idMap.uid(status.uid()),
                    idMap.gid(status.gid()),
                    LinuxConstants.AT_SYMLINK_NOFOLLOW);
        }
    }
}

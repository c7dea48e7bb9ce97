package io.gantry.image.snapshot;

import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Gives the directories of a fresh writable directory to the owners that a user namespace maps theirs to. */
final class MappedOwners {
    private MappedOwners() {}

    static void apply(Syscalls syscalls, Path upper, IdMap idMap) throws IOException {
        try (Stream<Path> tree = Files.walk(upper)) {
            tree.forEach(directory -> give(syscalls, directory.toString(), idMap));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void give(Syscalls syscalls, String path, IdMap idMap) {
        FileStatus status = syscalls.fstatat(LinuxConstants.AT_FDCWD, path, LinuxConstants.AT_SYMLINK_NOFOLLOW);
        syscalls.fchownat(
                LinuxConstants.AT_FDCWD,
                path,
                idMap.uid(status.uid()),
                idMap.gid(status.gid()),
                LinuxConstants.AT_SYMLINK_NOFOLLOW);
    }
}

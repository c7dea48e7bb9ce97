package io.gantry.image.extract;

import io.gantry.image.tree.TreeRemover;
import io.gantry.platform.linux.Syscalls;

/** Whiteouts of an archive that is unpacked over files that are there: they delete at once. */
final class MergedWhiteouts extends Whiteouts {
    private final TreeRemover remover;

    MergedWhiteouts(Syscalls syscalls) {
        super(syscalls);
        this.remover = new TreeRemover(syscalls);
    }

    @Override
    boolean make(int dirfd, String name) {
        remover.remove(dirfd, name);
        return true;
    }

    /** Nothing is hidden here: what was to be hidden is gone. */
    @Override
    boolean isWhiteout(int dirfd, String name) {
        return false;
    }

    /** The mark comes before what the archive itself has in the directory. */
    @Override
    void markOpaque(int fd) {
        remover.removeContents(fd);
    }
}

package io.gantry.platform.linux;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Names of open directories that others fill, read in pieces: whatever a directory holds, only a few thousand bytes of names
 * are in memory for it. One object serves a whole walk, also while directories further up are being read; it is for one
 * thread.
 */
public final class DirectoryPieces {
    /** Small, since the names of a piece are kept for each level of a walk; the longest name fits many times. */
    static final int BUFFER_BYTES = 4096;

    private final Syscalls syscalls;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    public DirectoryPieces(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /**
     * The rest of an open directory, without {@code .} and {@code ..}; iterating throws {@link ErrnoException} when it cannot
     * be read. Names may be removed meanwhile: each of the others comes once. What is added may come or not.
     *
     * @param fd can be read once through; {@link Syscalls#lseek} to 0 begins anew
     */
    public Iterable<DirectoryEntry> of(int fd) {
        return () -> new Entries(fd);
    }

    private final class Entries implements Iterator<DirectoryEntry> {
        private final int fd;
        private Iterator<DirectoryEntry> piece = Collections.emptyIterator();
        private boolean ended;

        Entries(int fd) {
            this.fd = fd;
        }

        @Override
        public boolean hasNext() {
            if (!piece.hasNext() && !ended) {
                List<DirectoryEntry> next = syscalls.getdents(fd, buffer);
                ended = next.isEmpty();
                piece = next.iterator();
            }
            return piece.hasNext();
        }

        @Override
        public DirectoryEntry next() {
            if (!hasNext()) {
                throw new NoSuchElementException("end of directory");
            }
            return piece.next();
        }
    }
}

package io.gantry.image.pack;

import static io.gantry.platform.linux.LinuxConstants.SEEK_SET;

import io.gantry.platform.linux.DirectoryEntry;
import io.gantry.platform.linux.DirectoryPieces;
import io.gantry.platform.linux.Syscalls;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The names of a directory in order, without having all of them in memory: those that come next, as many as the budget
 * allows, are picked out of the whole directory, which is read again for those after them. Only a directory of tens of
 * thousands of names is read more than once. Nothing may change in it meanwhile.
 */
final class OrderedNames implements AutoCloseable {
    /** Memory for the names of all directories of one walk that are being read, in bytes. */
    static final class Budget {
        private static final long TOTAL = 8L << 20;

        private final long least;
        private long left;

        Budget() {
            this(TOTAL, 16 << 10);
        }

        /** @param least what a directory has even when others have taken all */
        Budget(long total, long least) {
            this.left = total;
            this.least = least;
        }

        long left() {
            return left;
        }

        /** Half of the rest, so that a directory further down still finds some. */
        private long allowance() {
            return Math.max(least, left / 2);
        }
    }

    /** What a name takes beside its characters. */
    private static final long NAME_BYTES = 112;

    private final Syscalls syscalls;
    private final DirectoryPieces pieces;
    private final int fd;
    private final Budget budget;
    private final TreeSet<String> names = new TreeSet<>();
    private @Nullable String last;
    private boolean more = true;
    private boolean read;
    private long taken;

    /** @param fd at its beginning */
    OrderedNames(Syscalls syscalls, DirectoryPieces pieces, int fd, Budget budget) {
        this.syscalls = syscalls;
        this.pieces = pieces;
        this.fd = fd;
        this.budget = budget;
    }

    /** The next name; null after the last. */
    @Nullable
    String next() {
        if (names.isEmpty() && more) {
            fill();
        }
        String name = names.pollFirst();
        if (name == null) {
            return null;
        }
        release(name);
        last = name;
        return name;
    }

    private void fill() {
        if (read) {
            syscalls.lseek(fd, 0, SEEK_SET);
        }
        read = true;
        more = false;
        long allowance = budget.allowance();
        String limit = null;
        for (DirectoryEntry entry : pieces.of(fd)) {
            String name = entry.name();
            boolean wanted = (last == null || name.compareTo(last) > 0) && (limit == null || name.compareTo(limit) < 0);
            if (wanted && names.add(name)) {
                take(name);
            }
            while (taken > allowance && names.size() > 1) {
                limit = names.removeLast();
                release(limit);
                more = true;
            }
        }
    }

    private void take(String name) {
        taken += cost(name);
        budget.left -= cost(name);
    }

    private void release(String name) {
        taken -= cost(name);
        budget.left += cost(name);
    }

    private static long cost(String name) {
        return NAME_BYTES + name.length();
    }

    /** Gives back what it has of the budget; the directory stays open. */
    @Override
    public void close() {
        names.forEach(this::release);
        names.clear();
    }
}

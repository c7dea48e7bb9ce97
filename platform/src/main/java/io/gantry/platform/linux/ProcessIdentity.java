package io.gantry.platform.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process that cannot be mistaken for a later one with the same pid, within one boot.
 *
 * @param pid process id
 * @param startTime clock ticks after boot at which it started: field 22 of {@code /proc/pid/stat}, see
 *     <a href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html">proc_pid_stat(5)</a>
 */
public record ProcessIdentity(int pid, long startTime) {
    public ProcessIdentity {
        if (pid <= 0) {
            throw new IllegalArgumentException("pid is not positive: " + pid);
        }
    }

    /** The process that has this pid now, if there is one. A zombie still has its identity. */
    public static Optional<ProcessIdentity> of(int pid) {
        return of(Path.of("/proc"), pid);
    }

    static Optional<ProcessIdentity> of(Path proc, int pid) {
        if (pid <= 0) {
            return Optional.empty();
        }
        String stat;
        try {
            stat = Files.readString(proc.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.of(new ProcessIdentity(pid, startTime(stat)));
    }

    /** The command name may hold spaces and parentheses, so fields are counted from the last parenthesis. */
    static long startTime(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Long.parseLong(fields[19]);
    }

    /** Whether this very process still exists, be it as a zombie. */
    public boolean exists() {
        return of(pid).filter(this::equals).isPresent();
    }
}

package io.gantry.pod.stats;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Counts what processes hold, by reading their file descriptors one by one. A process that ends meanwhile is left out.
 *
 * @param proc where procfs is mounted
 */
record ProcessReader(Path proc) {
    /** @param pids one a line, as in cgroup.procs */
    ProcessCounts count(KernelFiles files, String pids, int firstPid) {
        long descriptors = 0;
        long sockets = 0;
        for (String pid : pids.split("\n", -1)) {
            if (pid.isEmpty()) {
                continue;
            }
            try (DirectoryStream<Path> links =
                    Files.newDirectoryStream(proc.resolve(pid).resolve("fd"))) {
                for (Path link : links) {
                    descriptors++;
                    sockets += isSocket(link) ? 1 : 0;
                }
            } catch (IOException | DirectoryIteratorException e) {
                // It ended meanwhile.
            }
        }
        return new ProcessCounts(descriptors, sockets, maxOpenFiles(files.text(proc + "/" + firstPid + "/limits")));
    }

    private static boolean isSocket(Path link) {
        try {
            return Files.readSymbolicLink(link).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // closed
        }
    }

    /** The line {@code Max open files  1024  524288  files}. */
    static @Nullable Long maxOpenFiles(@Nullable String limits) {
        String title = "Max open files";
        int line = limits == null ? -1 : limits.indexOf(title);
        if (limits == null || line < 0) {
            return null;
        }
        String soft = limits.substring(line + title.length()).strip().split("\\s", 2)[0];
        var number = KernelText.number(soft);
        return number.isPresent() ? Long.valueOf(number.getAsLong()) : null;
    }
}

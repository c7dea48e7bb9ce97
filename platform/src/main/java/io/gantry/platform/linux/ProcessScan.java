package io.gantry.platform.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * Processes of any parent, found by what {@code /proc} shows of them. A process that ends meanwhile shows nothing.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc.5.html">proc(5)</a>
 */
public final class ProcessScan {
    private static final Path PROC = Path.of("/proc");

    private ProcessScan() {}

    /** What is done with a process that was found. */
    @FunctionalInterface
    public interface Action {
        /** @param process closed by the scan */
        void accept(PidFd process) throws InterruptedException;
    }

    /** All processes of this PID namespace. */
    public static List<Integer> pids() throws IOException {
        List<Integer> pids = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                pids.add(Integer.valueOf(process.getFileName().toString()));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return pids;
    }

    /**
     * Does something to every process that passes a test, one after the other. The test is made again once the process is
     * held, since its number may be another's by then.
     *
     * @return how many there were
     */
    public static int forEach(IntPredicate test, Action action) throws IOException, InterruptedException {
        int count = 0;
        for (int pid : pids()) {
            if (!test.test(pid)) {
                continue;
            }
            try (PidFd held = PidFd.open(pid).orElse(null)) {
                if (held != null && test.test(pid)) {
                    count++;
                    action.accept(held);
                }
            }
        }
        return count;
    }

    /** A file of a process as text; what is not UTF-8 in it is replaced. Empty when it has ended. */
    public static String text(int pid, String file) {
        try {
            return new String(Files.readAllBytes(path(pid, file)), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** The words of {@code cmdline} or {@code environ}, each of which a zero byte ends; empty when it has ended. */
    public static List<String> words(int pid, String file) {
        String text = text(pid, file);
        return text.isEmpty() ? List.of() : List.of(text.split("\0", -1));
    }

    /** The program; empty when the process has ended or is the kernel's. */
    public static Optional<Path> program(int pid) {
        try {
            return Optional.of(Files.readSymbolicLink(path(pid, "exe")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Path path(int pid, String file) {
        return PROC.resolve(Integer.toString(pid)).resolve(file);
    }
}

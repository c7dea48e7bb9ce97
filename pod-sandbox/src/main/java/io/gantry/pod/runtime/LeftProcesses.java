package io.gantry.pod.runtime;

import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.Signals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Commands of an OCI runtime that outlive the daemon that ran them. */
final class LeftProcesses {
    private static final Logger log = LoggerFactory.getLogger(LeftProcesses.class);

    private LeftProcesses() {}

    /**
     * Sends SIGKILL to each command of the program that has all these words among its arguments (proc_pid_cmdline(5)), and
     * to what it has started.
     */
    static void kill(Path program, List<String> words) {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (belongs(process, program, words)) {
                    kill(Integer.parseInt(process.getFileName().toString()));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            log.warn("cannot look for commands of {}: {}", program, e.toString());
        }
    }

    private static boolean belongs(Path process, Path program, List<String> words) {
        try {
            List<String> arguments = List.of(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                    .split("\0", -1));
            return arguments.getFirst().equals(program.toString()) && arguments.containsAll(words);
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    private static void kill(int pid) {
        try (PidFd held = PidFd.open(pid).orElse(null)) {
            if (held != null && held.signal(Signals.SIGSTOP)) {
                ProcessTree.killBelow(pid);
                boolean unused = held.signal(Signals.SIGKILL);
            }
        }
    }
}

package io.gantry.pod.runtime;

import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessScan;
import io.gantry.platform.linux.Signals;
import java.io.IOException;
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
        try {
            int unused = ProcessScan.forEach(pid -> belongs(pid, program, words), LeftProcesses::kill);
        } catch (IOException e) {
            log.warn("cannot look for commands of {}: {}", program, e.toString());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e); // nothing here waits
        }
    }

    private static boolean belongs(int pid, Path program, List<String> words) {
        List<String> arguments = ProcessScan.words(pid, "cmdline");
        return arguments.containsAll(words) && arguments.getFirst().equals(program.toString());
    }

    private static void kill(PidFd process) {
        if (process.signal(Signals.SIGSTOP)) {
            ProcessTree.killBelow(process.pid());
            boolean unused = process.signal(Signals.SIGKILL);
        }
    }
}

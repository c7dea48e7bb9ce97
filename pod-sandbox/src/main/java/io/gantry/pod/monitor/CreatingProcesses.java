package io.gantry.pod.monitor;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessScan;
import io.gantry.platform.linux.Signals;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The processes that make a container: conmon and the OCI runtime that it runs. They are found by the container's id, which
 * both have among their arguments (proc_pid_cmdline(5)); a conmon that was killed while it forked has left no pid file.
 */
final class CreatingProcesses {
    private final Set<String> programs;

    private CreatingProcesses(Set<String> programs) {
        this.programs = programs;
    }

    static CreatingProcesses of(String conmon, String runtime) {
        return new CreatingProcesses(Set.of(nameOf(conmon), nameOf(runtime)));
    }

    /**
     * Sends SIGKILL to all of them and waits for their end.
     *
     * @throws GantryException DEADLINE_EXCEEDED when one does not end
     */
    void kill(String containerId, Duration patience) throws InterruptedException {
        try {
            int unused = ProcessScan.forEach(
                    pid -> belongs(pid, containerId), process -> killOne(process, containerId, patience));
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "look for processes of container " + containerId, e.toString())
                    .causedBy(e);
        }
    }

    private static void killOne(PidFd process, String containerId, Duration patience) throws InterruptedException {
        if (!process.signal(Signals.SIGKILL)) {
            return;
        }
        try {
            var unused = process.exited().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw GantryException.of(
                    ErrorKind.DEADLINE_EXCEEDED,
                    "end process " + process.pid() + " of container " + containerId,
                    "it did not end within " + patience.toSeconds() + " s of SIGKILL");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean belongs(int pid, String containerId) {
        List<String> arguments = ProcessScan.words(pid, "cmdline");
        return arguments.contains(containerId) && programs.contains(nameOf(arguments.getFirst()));
    }

    private static String nameOf(String program) {
        return program.substring(program.lastIndexOf('/') + 1);
    }
}

package io.gantry.pod.monitor;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.Signals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
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
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (belongs(process, containerId)) {
                    killOne(process, containerId, patience);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "look for processes of container " + containerId, e.toString())
                    .causedBy(e);
        }
    }

    private void killOne(Path process, String containerId, Duration patience) throws InterruptedException {
        int pid = Integer.parseInt(process.getFileName().toString());
        try (PidFd held = PidFd.open(pid).orElse(null)) {
            // Once more: the number may belong to another process by now, and from here on it cannot change.
            if (held == null || !belongs(process, containerId) || !held.signal(Signals.SIGKILL)) {
                return;
            }
            var unused = held.exited().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw GantryException.of(
                    ErrorKind.DEADLINE_EXCEEDED,
                    "end process " + pid + " of container " + containerId,
                    "it did not end within " + patience.toSeconds() + " s of SIGKILL");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean belongs(Path process, String containerId) {
        String commandLine;
        try {
            commandLine = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return false; // it has ended
        }
        if (!commandLine.contains(containerId)) {
            return false;
        }
        List<String> arguments = List.of(commandLine.split("\0", -1));
        return programs.contains(nameOf(arguments.getFirst())) && arguments.contains(containerId);
    }

    private static String nameOf(String program) {
        return program.substring(program.lastIndexOf('/') + 1);
    }
}

package io.gantry.pod.monitor;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Speaks to a running conmon through the {@code ctl} fifo in the container's bundle. */
public final class ConmonControl {
    private final Syscalls syscalls;

    public ConmonControl(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /** Makes conmon close and reopen the container's log at its path. */
    public void reopenLog(String containerId, Path bundle) {
        write(containerId, bundle, "2 0 0\n");
    }

    /** Sets the size of the container's terminal, in characters. */
    public void resize(String containerId, Path bundle, int width, int height) {
        write(containerId, bundle, "1 " + height + " " + width + "\n");
    }

    private void write(String containerId, Path bundle, String message) {
        String action = "control conmon of container " + containerId;
        // O_NONBLOCK: a plain open of the fifo would wait forever once conmon is gone (fifo(7)).
        try (Fd fifo = new Fd(
                syscalls,
                syscalls.openat(
                        LinuxConstants.AT_FDCWD,
                        bundle.resolve("ctl").toString(),
                        LinuxConstants.O_WRONLY | LinuxConstants.O_NONBLOCK | LinuxConstants.O_CLOEXEC,
                        0))) {
            byte[] bytes = message.getBytes(StandardCharsets.US_ASCII);
            syscalls.write(fifo.number(), bytes, 0, bytes.length);
        } catch (ErrnoException e) {
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "conmon does not answer: " + e.getMessage())
                    .causedBy(e);
        }
    }
}

package io.gantry.pod.monitor;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;

/** The pipe on which conmon waits for one byte before it forks ({@code _OCI_STARTPIPE}, conmon(8)). */
final class StartPipe implements AutoCloseable {
    private final Syscalls syscalls;
    private final Fd readEnd;
    private final Fd writeEnd;

    StartPipe(Syscalls syscalls) {
        this.syscalls = syscalls;
        int[] ends = syscalls.pipe2(LinuxConstants.O_CLOEXEC);
        this.readEnd = new Fd(syscalls, ends[0]);
        this.writeEnd = new Fd(syscalls, ends[1]);
    }

    /** The descriptor to hand to conmon. */
    int childEnd() {
        return readEnd.number();
    }

    /** To be called once conmon was started: only its death then breaks the pipe. */
    void closeChildEnd() {
        readEnd.close();
    }

    /** Lets conmon go on. One that has died is noticed by its exit. */
    void letGo() {
        try {
            int unused = syscalls.write(writeEnd.number(), new byte[] {1}, 0, 1);
        } catch (ErrnoException e) {
            writeEnd.close();
            return;
        }
        writeEnd.close();
    }

    @Override
    public void close() {
        writeEnd.close();
        readEnd.close();
    }
}

package io.gantry.pod.container;

import io.gantry.platform.linux.Fd;
import org.jspecify.annotations.Nullable;

/**
 * A command that runs in a container, on descriptors of this process. They do not block, they stay this object's to close
 * except where noted, and whoever polls them must have stopped when {@link #close} is called.
 */
public interface RunningExec extends AutoCloseable {
    /** Takes what the command reads; null when no input was asked for. May be closed early: end of file for the command. */
    @Nullable
    Fd stdin();

    /** Gives what the command writes, with a terminal all of it; null when it is not wanted. */
    @Nullable
    Fd stdout();

    /** Gives what the command writes to standard error; null when it is not wanted, and always with a terminal. */
    @Nullable
    Fd stderr();

    /** Whether input and output are a terminal: end of input is then typed, and the end of output is EIO. */
    boolean isTerminal();

    /**
     * Sets the size of the terminal, in characters; nothing happens without a terminal and once the command has ended.
     * Does not block.
     */
    void resize(int width, int height);

    /**
     * Waits for the command's end; its last output may still have to be read.
     *
     * @return the exit code: 0 to 255, or 128 and the signal that killed it
     * @throws io.gantry.platform.error.GantryException the OCI runtime's reason for not having run it: INVALID_ARGUMENT when
     *     it cannot be executed
     * @throws InterruptedException when interrupted; the command and all that it started have been killed
     */
    int await() throws InterruptedException;

    /** Kills the command and all that it started where they still run, and gives back every descriptor. Idempotent. */
    @Override
    void close();
}

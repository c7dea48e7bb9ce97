package io.gantry.platform.process;

import io.gantry.platform.concurrent.Deadline;

/** Starts programs. The real one is {@link SpawnProcessRunner}; tests of other modules use a scripted fake. */
public interface ProcessRunner {
    /**
     * Starts a program with posix_spawn(3).
     *
     * @throws io.gantry.platform.error.GantryException NOT_FOUND when the program is not there, PERMISSION_DENIED when it
     *     may not be executed, RESOURCE_EXHAUSTED when the kernel has no process or memory left
     */
    RunningProcess start(Command command);

    /** Starts a program and waits for it; see {@link RunningProcess#waitFor}. A non-zero exit is a result, not an error. */
    default ProcessResult run(Command command, Deadline deadline) throws InterruptedException {
        try (RunningProcess process = start(command)) {
            return process.waitFor(deadline);
        }
    }
}

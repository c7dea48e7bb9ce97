package io.gantry.platform.process;

/**
 * How a process ended.
 *
 * @param code exit code, or 128 + the signal that killed it
 * @param signal the signal that killed it, or 0
 */
public record ExitStatus(int code, int signal) {
    public boolean isSuccess() {
        return code == 0;
    }

    @Override
    public String toString() {
        return signal == 0 ? "exit status " + code : "killed by signal " + signal;
    }
}

package io.gantry.platform.linux;

/**
 * What waitid(2) says of a child that ended.
 *
 * @param code {@link LinuxConstants#CLD_EXITED}, {@code CLD_KILLED} or {@code CLD_DUMPED}
 * @param status exit code, or the signal
 */
public record WaitStatus(int pid, int code, int status) {
    public boolean isSignalled() {
        return code != LinuxConstants.CLD_EXITED;
    }
}

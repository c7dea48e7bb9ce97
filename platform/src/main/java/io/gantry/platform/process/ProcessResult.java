package io.gantry.platform.process;

import java.nio.charset.StandardCharsets;

/**
 * A process that ended, and what it wrote.
 *
 * @param timedOut whether it was killed because its deadline passed; {@code status} is then that of the kill
 * @param truncated whether more was written than the capture limits kept
 */
public record ProcessResult(ExitStatus status, byte[] stdout, byte[] stderr, boolean timedOut, boolean truncated) {
    public boolean isSuccess() {
        return !timedOut && status.isSuccess();
    }

    public String stdoutText() {
        return new String(stdout, StandardCharsets.UTF_8);
    }

    public String stderrText() {
        return new String(stderr, StandardCharsets.UTF_8);
    }
}

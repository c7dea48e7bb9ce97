package io.gantry.pod.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuntimeErrorsTests {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            INVALID_ARGUMENT    | runc create failed: unable to start container process: exec: "x": executable file not found in $PATH
            INVALID_ARGUMENT    | exec failed: unable to start container process: exec: "/etc/passwd": permission denied
            INVALID_ARGUMENT    | runc create failed: unable to start container process: error during container init: exec: "/x": stat /x: no such file or directory
            INVALID_ARGUMENT    | executable file `x` not found in $PATH: No such file or directory
            NOT_FOUND           | container does not exist
            NOT_FOUND           | error opening file `/run/crun/foo/status`: No such file or directory
            FAILED_PRECONDITION | cannot start a container that has stopped
            FAILED_PRECONDITION | cannot exec in a stopped container
            FAILED_PRECONDITION | container not running
            FAILED_PRECONDITION | unable to set memory limit to 4194304 (current usage: 6291456, peak usage: 7340032)
            ALREADY_EXISTS      | container with given ID already exists
            RESOURCE_EXHAUSTED  | runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?)
            RESOURCE_EXHAUSTED  | mkdir /sys/fs/cgroup/memory/x: no space left on device
            INTERNAL            | something nobody has seen before
            """)
    void kinds(ErrorKind kind, String text) {
        assertThat(RuntimeErrors.of("start container c1", text).kind()).isEqualTo(kind);
    }

    @Test
    void logfmtAndPlainTextOfRuncGiveOneSentence() {
        GantryException error = RuntimeErrors.of("start container c1", """
                time="2026-11-24T08:00:00Z" level=warning msg="a warning"
                time="2026-11-24T08:00:00Z" level=error msg="runc create failed: unable to start container process: exec: \\"x\\": executable file not found in $PATH"
                runc create failed: unable to start container process: exec: "x": executable file not found in $PATH
                """);
        assertThat(error)
                .hasMessage(
                        "start container c1: exec: \"x\": executable file not found in $PATH; check the command and whether"
                                + " the image has it");
    }

    @Test
    void longTextsAreReadToTheirEnd() {
        String text = "time=\"x\" level=error msg=\"exec: \\\"" + "x".repeat(200_000)
                + "\\\": executable file not found in $PATH\"";

        assertThat(RuntimeErrors.of("start container c1", text).kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(RuntimeErrors.of("start container c1", text.replace("xx", "\\\""))
                        .kind())
                .isEqualTo(ErrorKind.INVALID_ARGUMENT);
    }

    @Test
    void lastErrorOfAJsonLogCounts() {
        assertThat(RuntimeErrors.lastError("""
                        {"level":"warning","msg":"w"}
                        {"level":"error","msg":"exec failed: first"}
                        {"level":"error","msg":"second"}
                        {"level":"err
                        """)).contains("second");
        assertThat(RuntimeErrors.lastError("")).isEmpty();
    }

    @Test
    void silenceIsNamed() {
        assertThat(RuntimeErrors.of("start container c1", " \n"))
                .hasMessage("start container c1: the OCI runtime failed without a word");
    }
}

package io.gantry.pod.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.FakeProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import io.gantry.pod.spec.HandlerFeatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CriuCheckTests {
    private static final String RUNC = "/usr/bin/runc";
    private final FakeProcessRunner programs = new FakeProcessRunner();

    @Test
    void aHostWithoutCriuSaysSo() {
        programs.on(Reply.ok("{}"), RUNC, "features");

        unmet(RUNC, "runc version 1.2", "the program criu is not there; install the package criu");
    }

    @Test
    void aKernelThatCriuDoesNotGetOnWithSaysWhy() {
        programs.on(Reply.ok("{}"), RUNC, "features");
        programs.on(Reply.ok("Version: 3.17.1\n"), "criu", "--version");
        programs.on(
                Reply.failure(
                        1,
                        "Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds\nError (criu/x.c:1): later\n"),
                "criu",
                "check");

        unmet(
                RUNC,
                "runc version 1.2",
                "criu 3.17.1 does not work on this kernel: vdso: Unexpected rt vDSO area bounds");
    }

    @Test
    void aRuntimeWithoutCheckpointSupportSaysSo() {
        programs.on(
                Reply.ok("{\"annotations\":{\"org.opencontainers.runc.checkpoint.enabled\":\"false\"}}"),
                RUNC,
                "features");
        unmet(RUNC, "runc version 1.2", "was built without checkpoint support");

        programs.on(Reply.ok("crun version 1.8.1\n+SYSTEMD +YAJL\n"), "/usr/bin/crun", "--version");
        unmet("/usr/bin/crun", "crun version 1.8.1", "was built without checkpoint support");
    }

    @Test
    void aSuccessIsRememberedAndAFailureIsNot() throws Exception {
        CriuCheck check = new CriuCheck(handler(RUNC, "runc version 1.1"), programs);
        programs.on(Reply.failure(1, "unknown command"), RUNC, "features");
        assertThatThrownBy(() -> check.require("checkpoint")).isInstanceOf(GantryException.class);
        programs.on(Reply.ok("Looks good.\n"), "criu", "check");

        check.require("checkpoint");
        programs.on(Reply.failure(1, "broken"), "criu", "check");
        check.require("checkpoint");
    }

    @Test
    void criusLogTellsWhyADumpFailed(@TempDir Path directory) throws Exception {
        Path log = Files.writeString(directory.resolve("dump.log"), """
                (00.109713) Error (criu/util.c:1533): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted
                (00.242043) Error (criu/files-reg.c:1790): Can't lookup mount=27 for fd=1 path=/out
                """);

        GantryException error = CriuLog.failure("checkpoint container c", log, "criu failed: type DUMP errno 0");

        assertThat(error.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
        assertThat(error.problem())
                .isEqualTo("criu failed: type DUMP errno 0: Can't lookup mount=27 for fd=1 path=/out");
        Files.writeString(log, "(00.1) Error (criu/image.c:1): Unable to write: No space left on device\n");
        assertThat(CriuLog.failure("checkpoint container c", log, "criu failed").kind())
                .isEqualTo(ErrorKind.RESOURCE_EXHAUSTED);
        assertThat(CriuLog.failure("checkpoint container c", directory.resolve("none"), "container does not exist")
                        .kind())
                .isEqualTo(ErrorKind.NOT_FOUND);
    }

    private void unmet(String program, String version, String problem) {
        assertThatThrownBy(() -> new CriuCheck(handler(program, version), programs).require("checkpoint container c"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageContaining(problem);
    }

    private static RuntimeHandler handler(String program, String version) {
        return new RuntimeHandler(
                "test",
                Path.of(program),
                Path.of("/run/test"),
                version,
                new HandlerFeatures("test", true, true, 0, List.of()),
                null);
    }
}

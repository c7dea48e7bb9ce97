package io.gantry.cri.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.testing.FakeProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CheckpointCheckTests {
    private final FakeProcessRunner programs = new FakeProcessRunner();

    @Test
    void aHostWithoutCriu() throws Exception {
        assertThat(check("6.1.0-13-amd64"))
                .isEqualTo(Finding.warning(
                        "criu",
                        "the program criu is not there; containers cannot be checkpointed or restored",
                        "apt-get install criu (version 3.17 or later)"));
        assertThat(check("6.18.5").remedy()).isEqualTo("apt-get install criu (version 4.2 or later)");
    }

    @Test
    void aCriuThatDoesNotGetOnWithTheKernel() throws Exception {
        programs.on(
                Reply.failure(1, "Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds\n"), "criu", "check");
        programs.on(Reply.ok("Version: 3.17.1\n"), "criu", "--version");

        assertThat(check("6.14.0"))
                .isEqualTo(Finding.warning(
                        "criu",
                        "criu 3.17.1 does not work on this kernel: vdso: Unexpected rt vDSO area bounds; containers cannot"
                                + " be checkpointed or restored",
                        "install criu 4.1 or later; 'criu check' as root says more"));
    }

    @Test
    void aCriuThatWorksButForSockets() throws Exception {
        programs.on(Reply.ok("Looks good.\n"), "criu", "check");
        programs.on(Reply.ok("Version: 4.1\nGitID: v4.1\n"), "criu", "--version");

        assertThat(check("6.16.1")).isEqualTo(Finding.ok("criu", "4.1, gets on with this kernel"));
        assertThat(check("6.17.0"))
                .isEqualTo(Finding.warning(
                        "criu",
                        "4.1 cannot write network sockets of Linux 6.17 and later; containers that have one cannot be"
                                + " checkpointed",
                        "install criu 4.2 or later"));
    }

    @Test
    void aCriuThatWorks() throws Exception {
        programs.on(Reply.ok("Looks good.\n"), "criu", "check");
        programs.on(Reply.ok("Version: 4.2.1\n"), "criu", "--version");

        assertThat(check("6.18.5")).isEqualTo(Finding.ok("criu", "4.2.1, gets on with this kernel"));
    }

    private Finding check(String kernel) throws InterruptedException {
        HostFacts host = new HostFacts(
                kernel,
                "boot",
                true,
                Set.of(),
                Set.of(),
                CgroupMode.V2,
                Map.of(),
                Optional.empty(),
                true,
                0,
                true,
                false,
                false,
                true,
                true,
                List.of());
        return new CheckpointCheck(programs, host, PackageHint.of("ID=debian\n")).run();
    }
}

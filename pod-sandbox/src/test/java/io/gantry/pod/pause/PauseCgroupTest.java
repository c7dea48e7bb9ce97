package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.process.ProcessResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Cgroups and the OOM score of a pause process, on whichever version of cgroups the machine has. */
class PauseCgroupTest {
    private static final HostFacts HOST = HostFacts.detect();

    private final List<Path> cgroups = new ArrayList<>();
    private PauseFixture fixture;

    @BeforeEach
    void open() {
        fixture = PauseFixture.open();
    }

    @AfterEach
    void close() throws IOException {
        if (fixture != null) {
            fixture.close();
        }
        for (Path cgroup : cgroups) {
            // A process leaves its cgroup when it is reaped, which is a moment after its end.
            PauseFixture.await("an empty " + cgroup, () -> cgroup.toFile().delete());
        }
    }

    @Test
    void joinsACgroupOfVersion1() throws Exception {
        Path mount = HOST.cgroupControllers().get("pids");
        Assumptions.assumeTrue(
                mount != null && !mount.equals(HOST.cgroup2().orElse(null)),
                "needs cgroup v1 with the pids controller");
        Path procs = cgroup(mount);

        ProcessIdentity pause = fixture.start(fixture.allNew("--cgroup-procs", procs.toString()));

        assertThat(Files.readString(procs)).isEqualTo(pause.pid() + "\n");
    }

    @Test
    void isBornInACgroupOfVersion2() throws Exception {
        Assumptions.assumeTrue(HOST.cgroup2().isPresent(), "needs cgroup v2");
        Path procs = cgroup(HOST.cgroup2().orElseThrow());

        ProcessIdentity pause = fixture.start(fixture.allNew("--cgroup-procs", procs.toString()));

        assertThat(Files.readString(procs)).isEqualTo(pause.pid() + "\n");
    }

    @Test
    void joinsSeveralCgroups() throws Exception {
        List<Path> mounts =
                HOST.cgroupControllers().values().stream().distinct().toList();
        Assumptions.assumeFalse(mounts.isEmpty(), "needs cgroups");
        List<Path> files = new ArrayList<>();
        List<String> options = new ArrayList<>();
        for (Path mount : mounts.stream().filter(PauseCgroupTest::needsNoSetup).toList()) {
            files.add(cgroup(mount));
            options.addAll(List.of("--cgroup-procs", files.getLast().toString()));
        }

        ProcessIdentity pause = fixture.start(fixture.allNew(options.toArray(String[]::new)));

        for (Path file : files) {
            assertThat(Files.readString(file)).as(file.toString()).isEqualTo(pause.pid() + "\n");
        }
    }

    @Test
    void namesTheCgroupThatCannotBeJoined() throws Exception {
        Assumptions.assumeTrue(HOST.cgroup2().isPresent(), "needs cgroup v2");
        Path procs = cgroup(HOST.cgroup2().orElseThrow());
        Files.delete(procs.getParent());
        cgroups.clear();

        ProcessResult result = PauseFixture.run(fixture.allNew("--cgroup-procs", procs.toString()));

        assertThat(result.stdoutText())
                .isEqualTo("{\"step\":\"cgroup\",\"errno\":2,\"error\":\"join cgroup " + procs
                        + ": No such file or directory\"}\n");
        fixture.assertNothingLeft();
    }

    @Test
    void raisesTheOomScore() throws Exception {
        String own = PauseFixture.read("/proc/self/oom_score_adj");

        ProcessIdentity pause = fixture.start(fixture.allNew("--oom-score-adj", "997"));

        assertThat(PauseFixture.read("/proc/" + pause.pid() + "/oom_score_adj")).isEqualTo("997\n");
        assertThat(PauseFixture.read("/proc/self/oom_score_adj")).isEqualTo(own);
    }

    @Test
    void lowersTheOomScoreAsFarAsItMay() throws Exception {
        ProcessResult result = PauseFixture.run(fixture.allNew("--oom-score-adj", "-998"));

        PauseAnswer answer = PauseAnswer.parse(result.stdoutText()).orElseThrow();
        String score =
                PauseFixture.read("/proc/" + answer.pid() + "/oom_score_adj").strip();
        if (HOST.mayLowerOomScore()) {
            assertThat(score).isEqualTo("-998");
            assertThat(answer.notices()).isEmpty();
        } else {
            assertThat(Integer.parseInt(score)).isLessThanOrEqualTo(HOST.oomScoreAdj());
            assertThat(answer.notices())
                    .containsExactly("oom_score_adj -998 is not permitted without CAP_SYS_RESOURCE; it is " + score);
        }
    }

    /** A new cgroup of version 1 with the cpuset controller takes no process before it has CPUs. */
    private static boolean needsNoSetup(Path mount) {
        return !mount.equals(HOST.cgroupControllers().get("cpuset"))
                || HOST.cgroup2().filter(mount::equals).isPresent();
    }

    private Path cgroup(Path mount) throws IOException {
        Path directory = mount.resolve("gantry-" + fixture.label().replace('/', '-') + "-" + cgroups.size());
        Files.createDirectory(directory);
        cgroups.add(directory);
        return directory.resolve("cgroup.procs");
    }
}

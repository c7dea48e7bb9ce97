package io.gantry.pod.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodStatsTests {
    private final StatsBed bed = new StatsBed();

    @AfterEach
    void close() {
        bed.close();
    }

    private static CgroupUsage cgroup(ContainerUsage usage) {
        return Objects.requireNonNull(usage.cgroup());
    }

    @Test
    void aContainerHasUsageLimitsAndDiskUsage() throws Exception {
        bed.container("c1", bed.sandbox("p1", "u1", "/kubepods/podu1"));

        ContainerUsage usage = bed.stats.container("c1");

        assertThat(cgroup(usage).cpuNanos()).isEqualTo(723_354_811);
        // It was started ten seconds ago.
        assertThat(usage.nanoCores()).isEqualTo(72_335_481L);
        assertThat(usage.memoryLimit()).isEqualTo(1 << 26);
        assertThat(usage.swapLimit()).isEqualTo(1 << 26);
        assertThat(Objects.requireNonNull(usage.writableLayer()).bytes()).isEqualTo(8192);
        assertThat(usage.filesystem()).isEqualTo(bed.directories.root().toString());
    }

    @Test
    void unknownIdsAreNotFound() {
        assertThatThrownBy(() -> bed.stats.container("nobody"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
                .hasMessageContaining("read stats of container nobody");
        assertThatThrownBy(() -> bed.stats.sandbox("nobody"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
    }

    @Test
    void aListHasWhatRunsAndMatches() throws Exception {
        PodSandbox one = bed.sandbox("p1", "u1", "/kubepods/podu1");
        PodSandbox two = bed.sandbox("p2", "u2", "/kubepods/podu2");
        bed.container("c1", one);
        bed.container("c2", two);
        Container over = bed.container("c3", two);
        bed.state.containers().put("c3", over.withStatus(over.status().exited(PodFixture.STARTED, 0, "Completed", "")));

        assertThat(bed.stats.containers(ContainerFilter.ALL))
                .extracting(usage -> usage.container().id())
                .containsExactlyInAnyOrder("c1", "c2");
        assertThat(bed.stats.containers(new ContainerFilter("", "p2", null, Map.of())))
                .extracting(usage -> usage.container().id())
                .containsExactly("c2");
        assertThat(bed.stats.containers(new ContainerFilter("", "", null, Map.of("tier", "none"))))
                .isEmpty();
    }

    @Test
    void aContainerThatDoesNotRunHasDiskUsageOnly() throws Exception {
        Container over = bed.container("c1", bed.sandbox("p1", "u1", ""));
        bed.state.containers().put("c1", over.withStatus(over.status().exited(PodFixture.STARTED, 0, "Completed", "")));

        ContainerUsage usage = bed.stats.container("c1");

        assertThat(usage.cgroup()).isNull();
        assertThat(usage.nanoCores()).isNull();
        assertThat(usage.writableLayer()).isNotNull();
    }

    @Test
    void oneWhoseCgroupIsGoneOrUnreadableIsLeftOut() throws Exception {
        PodSandbox sandbox = bed.sandbox("p1", "u1", "/kubepods/podu1");
        bed.container("good", sandbox);
        Container gone = bed.container("gone", sandbox);
        for (String controller : new String[] {"cpuacct", "memory"}) {
            Files.move(
                    bed.directories.root().resolve(controller + gone.cgroup()),
                    bed.directories.root().resolve(controller + gone.cgroup() + "-was"));
        }
        Container broken = bed.container("broken", sandbox);
        Files.writeString(
                bed.directories.root().resolve("unified" + broken.cgroup() + "/cpu.pressure"),
                "some avg10=x total=1\n");

        assertThat(bed.stats.containers(ContainerFilter.ALL))
                .extracting(usage -> usage.container().id())
                .containsExactly("good");
        bed.directories.dir("cpuacct/kubepods/podu1");
        RecordedCgroups.writeV1(bed.directories, "/kubepods/podu1");
        assertThat(bed.stats.sandboxes(SandboxFilter.ALL))
                .singleElement()
                .satisfies(usage -> assertThat(usage.containers())
                        .extracting(container -> container.container().id())
                        .containsExactly("good"));
        assertThat(bed.stats.figures())
                .singleElement()
                .satisfies(figures -> assertThat(figures.containers())
                        .extracting(container -> container.container().id())
                        .containsExactly("good"));
    }

    @Test
    void manyAreReadByAFewThreads() throws Exception {
        for (int i = 0; i < 40; i++) {
            bed.container("c" + i, bed.sandbox("p" + i, "u" + i, ""));
        }

        assertThat(bed.stats.containers(ContainerFilter.ALL)).hasSize(40);
        assertThat(bed.stats.sandboxes(SandboxFilter.ALL)).hasSize(40);
        assertThat(bed.stats.figures()).hasSize(40);
    }

    @Test
    void aPodsOwnCgroupCountsForAllOfIt() throws Exception {
        PodSandbox sandbox = bed.sandbox("p1", "u1", "/kubepods/podu1");
        bed.container("c1", sandbox);
        RecordedCgroups.writeV1(bed.directories, "/kubepods/podu1");
        Files.writeString(bed.directories.root().resolve("cpuacct/kubepods/podu1/cpuacct.usage"), "5000000000\n");

        SandboxUsage usage = bed.stats.sandbox("p1");

        assertThat(Objects.requireNonNull(usage.cgroup()).cpuNanos()).isEqualTo(5_000_000_000L);
        assertThat(usage.cgroup().pressures().io()).isNotNull();
        assertThat(usage.nanoCores()).isEqualTo(500_000_000L);
        assertThat(usage.processes()).isEqualTo(4);
        assertThat(usage.containers()).hasSize(1);
    }

    @Test
    void withoutACgroupOfItsOwnAPodIsTheSumOfItsParts() throws Exception {
        for (String parent : new String[] {"", "/shared"}) {
            PodSandbox sandbox = bed.sandbox("p1", "u1", parent);
            bed.container("c1", sandbox);
            bed.sandbox("p2", "u2", parent);

            CgroupUsage total = Objects.requireNonNull(bed.stats.sandbox("p1").cgroup());

            assertThat(total.cpuNanos()).isEqualTo(2 * 723_354_811L);
            assertThat(total.memory().usage()).isEqualTo(2 * 9_527_296L);
            assertThat(total.swapBytes()).isEqualTo(2 * 65_536L);
            assertThat(total.pressures().cpu()).isNull();
        }
    }

    @Test
    void aSandboxThatIsNotReadyHasNoFigures() throws Exception {
        PodSandbox sandbox = bed.sandbox("p1", "u1", "");
        bed.state.sandboxes().put("p1", sandbox.withState(SandboxState.STOPPED));

        assertThat(bed.stats.sandbox("p1").cgroup()).isNull();
        assertThat(bed.stats.sandboxes(SandboxFilter.ALL)).isEmpty();
        assertThat(bed.stats.figures()).isEmpty();
    }

    @Test
    void aPodsNetworkIsThatOfItsPauseProcess() throws Exception {
        PodSandbox sandbox = bed.sandbox("p1", "u1", "").withPause(new ProcessIdentity(12365, 1));
        bed.state.sandboxes().put("p1", sandbox);
        bed.directories.file("proc/12365/net/dev", "head\n  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n");

        assertThat(bed.stats.sandbox("p1").interfaces())
                .containsExactly(new NetworkInterface("eth0", 1, 2, 3, 4, 5, 6, 7, 8));

        // Another process has the number now: it is not in the sandbox's cgroup.
        Files.writeString(Path.of(bed.directories.root() + "/cpuacct/gantry/p1/cgroup.procs"), "99\n");
        assertThat(bed.stats.sandbox("p1").interfaces()).isEmpty();
    }

    @Test
    void aChangeIsSeenAtOnce() throws Exception {
        PodSandbox sandbox = bed.sandbox("p1", "u1", "");
        bed.container("c1", sandbox);
        Container other = bed.container("c2", sandbox);
        assertThat(bed.stats.sandboxes(SandboxFilter.ALL).getFirst().containers())
                .hasSize(2);

        bed.state
                .containers()
                .put("c2", other.withStatus(other.status().exited(PodFixture.STARTED, 0, "Completed", "")));
        assertThat(bed.stats.sandboxes(SandboxFilter.ALL).getFirst().containers())
                .hasSize(1);
        bed.container("c3", sandbox);
        assertThat(bed.stats.sandboxes(SandboxFilter.ALL).getFirst().containers())
                .hasSize(2);
    }

    @Test
    void theSamplerKeepsNothingOfWhatIsGone() throws Exception {
        Container container = bed.container("c1", bed.sandbox("p1", "u1", ""));
        StatsSampler sampler = new StatsSampler(bed.parts);
        sampler.metricsRead();
        sampler.sample();
        assertThat(bed.parts.rates().size()).isEqualTo(2);
        assertThat(bed.parts.layers().size()).isEqualTo(1);
        assertThat(bed.parts.processes().size()).isEqualTo(1);

        bed.state.containers().remove(container.id());
        bed.state.sandboxes().remove("p1");
        sampler.sample();

        bed.parts.kept().closeUnused(System.nanoTime() + 60_000_000_000L);
        assertThat(bed.parts.kept().size()).isZero();
        assertThat(bed.parts.rates().size()).isZero();
        assertThat(bed.parts.layers().size()).isZero();
        assertThat(bed.parts.processes().size()).isZero();
    }
}

package io.gantry.pod.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The real cgroups of this host, whatever their version. */
class CgroupsTests {
    private static final HostFacts HOST = HostFacts.detect();

    private final String parent = "/gantry-test-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    private final String path = parent + "/pod/f00";

    @Test
    void madeEnteredKilledAndRemovedWithItsParents() throws Exception {
        Cgroups cgroups = cgroups();
        List<Path> entries = cgroups.create(path);
        try (RunningProcess sleeper = SpawnProcessRunner.shared().start(Command.of("sleep", "1000"))) {
            assertThat(entries).isNotEmpty().allSatisfy(file -> assertThat(file).exists());
            assertThat(cgroups.create(path)).isEqualTo(entries);
            for (Path entry : entries) {
                Files.writeString(entry, Integer.toString(sleeper.pid()));
            }
            assertThat(cgroups.exists(path)).isTrue();
            assertThat(cgroups.processes(path)).containsExactly(sleeper.pid());
            if (HOST.cgroupMode() != CgroupMode.V2) { // a new cgroup has no controllers there
                assertThat(cgroups.oomKills(path)).isEqualTo(OptionalLong.of(0));
            }
            assertThatThrownBy(() -> cgroups.remove(path))
                    .isInstanceOf(GantryException.class)
                    .hasMessage("remove cgroup " + path + ": processes [" + sleeper.pid()
                            + "] are still in it; it can be removed when they have ended");
            cgroups.killAll(path);
            assertThat(sleeper.waitFor(Deadline.after(Duration.ofSeconds(30)))
                            .status()
                            .signal())
                    .isEqualTo(9);
        } finally {
            cgroups.killAll(path);
            cgroups.remove(path);
        }
        assertThat(cgroups.exists(path)).isFalse();
        assertThat(cgroups.exists(parent)).as("parents that were made go too").isFalse();
        assertThat(cgroups.oomKills(path)).isEmpty();
        cgroups.remove(path);
        cgroups.killAll(path);
    }

    @Test
    void parentsOfOthersStay() throws Exception {
        Cgroups cgroups = cgroups();
        Path other = cgroups.create(path).getFirst().resolve("../..").normalize();
        cgroups.remove(path);
        Path made = Files.createDirectories(other);
        try {
            cgroups.create(path);
            cgroups.remove(path);
            assertThat(made).exists();
        } finally {
            for (Path mount : mounts()) {
                Files.deleteIfExists(mount.resolve(parent.substring(1) + "/pod"));
                Files.deleteIfExists(mount.resolve(parent.substring(1)));
            }
        }
        assertThat(cgroups.exists(parent)).isFalse();
    }

    @Test
    void parentsThatAContainerOfAnotherPodNeedsStay() throws Exception {
        Cgroups cgroups = cgroups();
        String other = parent + "/pod/f01";
        cgroups.create(path);
        cgroups.create(other);
        cgroups.remove(path);
        Set<Path> mounts = new HashSet<>(HOST.cgroupControllers().values());
        HOST.cgroup2().ifPresent(mounts::add);
        assertThat(mounts)
                .allSatisfy(mount ->
                        assertThat(mount.resolve(parent.substring(1) + "/pod")).isDirectory());
        cgroups.remove(other);
        assertThat(cgroups.exists(parent)).isFalse();
    }

    @Test
    void nestedCgroupsGoWithTheirRoot() throws Exception {
        Cgroups cgroups = cgroups();
        Path root = cgroups.create(path).getFirst().resolve("..").normalize();
        Files.createDirectories(root.resolve("a/b"));
        cgroups.remove(path);
        assertThat(root).doesNotExist();
        assertThat(cgroups.exists(parent)).isFalse();
    }

    @Test
    void rootsAndOddPathsAreRefused() {
        Cgroups cgroups = cgroups();
        for (String bad : List.of("/", "a/b", "/a/../..", "/a/", "//a")) {
            assertThatThrownBy(() -> cgroups.remove(bad))
                    .hasMessage("remove cgroup " + bad + ": it is not the normal absolute path of a cgroup");
            assertThatThrownBy(() -> cgroups.killAll(bad)).isInstanceOf(GantryException.class);
            assertThatThrownBy(() -> cgroups.create(bad)).isInstanceOf(GantryException.class);
        }
    }

    @Test
    void oomKillsAreReadFromBothVersions() {
        try (TestDirectories directories = TestDirectories.create()) {
            directories.file("v1/pod/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
            directories.file("v2/pod/memory.events", "low 0\nhigh 0\nmax 4\noom 2\noom_kill 2\noom_group_kill 0\n");
            assertThat(fake(CgroupMode.V1, directories.dir("v1")).oomKills("/pod"))
                    .hasValue(3);
            assertThat(fake(CgroupMode.V2, directories.dir("v2")).oomKills("/pod"))
                    .hasValue(2);
            assertThat(fake(CgroupMode.V2, directories.dir("v2")).oomKills("/gone"))
                    .isEmpty();
        }
    }

    /** systemd does not notice the end of a scope whose cgroup it finds gone. */
    @Test
    void aScopeIsLeftToSystemdFirst() throws Exception {
        try (TestDirectories directories = TestDirectories.create()) {
            Path unit = directories.file("units/gantry-f00.scope", "");
            Path scope = Files.createDirectories(directories.dir("v2").resolve("pod.slice/gantry-f00.scope"));
            Cgroups cgroups = fake(directories, Duration.ofMinutes(5));
            Thread remover = Thread.ofVirtual().start(() -> {
                try {
                    cgroups.remove("/pod.slice/gantry-f00.scope");
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            while (remover.getState() != Thread.State.TIMED_WAITING) {
                Thread.sleep(1);
            }
            assertThat(scope).isDirectory();
            Files.delete(unit);
            remover.join();
            assertThat(scope).doesNotExist();
        }
    }

    @Test
    void aScopeThatSystemdKeepsGoesAllTheSame() throws Exception {
        try (TestDirectories directories = TestDirectories.create()) {
            Path unused = directories.file("units/gantry-f00.scope", "");
            Path scope = Files.createDirectories(directories.dir("v2").resolve("pod.slice/gantry-f00.scope"));
            fake(directories, Duration.ofMillis(20)).remove("/pod.slice/gantry-f00.scope");
            assertThat(scope).doesNotExist();
        }
    }

    private static Cgroups fake(TestDirectories directories, Duration patience) {
        Path mount = directories.dir("v2");
        return new Cgroups(
                CgroupMode.V2,
                List.of(mount),
                List.of(),
                mount,
                new CgroupDirectories(JnaSyscalls.instance()),
                new TransientScopes(directories.dir("units"), patience));
    }

    private static Set<Path> mounts() {
        Set<Path> mounts = new HashSet<>(HOST.cgroupControllers().values());
        HOST.cgroup2().ifPresent(mounts::add);
        return mounts;
    }

    private static Cgroups fake(CgroupMode mode, Path mount) {
        return new Cgroups(
                mode,
                List.of(mount),
                List.of(),
                mount,
                new CgroupDirectories(JnaSyscalls.instance()),
                TransientScopes.ofHost());
    }

    private static Cgroups cgroups() {
        Privileges.assumeRoot();
        Assumptions.assumeTrue(HOST.cgroupMode() != CgroupMode.NONE, "needs a mounted cgroup file system");
        return new Cgroups(HOST, JnaSyscalls.instance());
    }
}

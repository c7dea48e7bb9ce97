package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostFactsTests {
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void removeDirectories() {
        directories.close();
    }

    private HostFacts detect() {
        return new HostProbe(directories.root(), List.of(directories.dir("bin"))).detect();
    }

    @Test
    void thisHostHasAKernelAndABoot() {
        HostFacts facts = HostFacts.detect();
        assertThat(facts.kernelVersion()).matches("[0-9]+\\.[0-9]+.*");
        assertThat(facts.bootId()).hasSize(36);
        assertThat(facts.root()).isEqualTo(JnaSyscalls.instance().geteuid() == 0);
        assertThat(facts.findProgram("sh")).isPresent();
        assertThat(facts.findProgram("no-such-program")).isEmpty();
        assertThat(facts.effectiveCapabilities()).isSubsetOf(facts.boundingCapabilities());
        assertThat(facts.cgroupControllers().values()).allMatch(Files::isDirectory);
        for (int i = 0; i < Capabilities.ALL.size(); i++) {
            boolean bounding = JnaSyscalls.instance().prctl(LinuxConstants.PR_CAPBSET_READ, i, 0, 0, 0) == 1;
            assertThat(facts.boundingCapabilities().contains(Capabilities.ALL.get(i)))
                    .isEqualTo(bounding);
        }
    }

    @Test
    void readsAHybridHostWithBoundedCapabilities() throws Exception {
        directories.file(
                "proc/self/status",
                "Name:\tjava\nUid:\t1000\t0\t0\t0\nCapEff:\t000001fffeffffff\nCapBnd:\t1\n" + "Seccomp:\t0\n");
        directories.file("proc/self/oom_score_adj", "-100\n");
        directories.file("proc/sys/kernel/osrelease", "6.18.44-x\n");
        directories.file("proc/sys/kernel/random/boot_id", "5a4c\n");
        directories.file("proc/filesystems", "nodev\tproc\n\text4\nnodev\toverlay\n");
        directories.file("proc/self/mountinfo", """
                30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                31 25 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
                32 25 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
                """);
        directories.file("sys/module/apparmor/parameters/enabled", "Y\n");
        directories.file("sys/fs/selinux/enforce", "0");
        directories.dir("run/systemd/system");
        Path program = directories.file("bin/runc", "");
        directories.file("bin/not-executable", "");
        assertThat(program.toFile().setExecutable(true)).isTrue();

        HostFacts facts = detect();
        assertThat(facts.cgroupMode()).isEqualTo(CgroupMode.HYBRID);
        assertThat(facts.cgroupControllers())
                .containsOnlyKeys("cpu", "cpuacct", "name=systemd")
                .containsEntry("cpuacct", Path.of("/sys/fs/cgroup/cpu,cpuacct"));
        assertThat(facts.cgroup2()).contains(Path.of("/sys/fs/cgroup/unified"));
        assertThat(facts.root()).isTrue();
        assertThat(facts.mayLowerOomScore()).isFalse();
        assertThat(facts.oomScoreAdj()).isEqualTo(-100);
        assertThat(facts.effectiveCapabilities()).hasSize(40).doesNotContain("CAP_SYS_RESOURCE");
        assertThat(facts.boundingCapabilities()).isEqualTo(Set.of("CAP_CHOWN"));
        assertThat(facts.seccomp()).isTrue();
        assertThat(facts.appArmor()).isTrue();
        assertThat(facts.selinux()).isTrue();
        assertThat(facts.overlay()).isTrue();
        assertThat(facts.systemd()).isTrue();
        assertThat(facts.kernelAtLeast(6, 18)).isTrue();
        assertThat(facts.kernelAtLeast(6, 19)).isFalse();
        assertThat(facts.kernelAtLeast(5, 99)).isTrue();
        assertThat(facts.findProgram("runc")).contains(program);
        assertThat(facts.findProgram("not-executable")).isEmpty();
        assertThat(facts.findProgram(program.toString())).contains(program);
    }

    @Test
    void nothingToReadMeansNothingThere() {
        HostFacts facts = detect();
        assertThat(facts.cgroupMode()).isEqualTo(CgroupMode.NONE);
        assertThat(facts.root()).isFalse();
        assertThat(facts.kernelAtLeast(1, 0)).isFalse();
        assertThat(facts.seccomp()).isFalse();
    }

    @Test
    void aPureV2HostIsV2() {
        directories.file("proc/self/mountinfo", "30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        assertThat(detect().cgroupMode()).isEqualTo(CgroupMode.V2);
    }

    @Test
    void overlayfsThatIsAModuleIsThereBeforeItIsLoaded() {
        directories.file("proc/filesystems", "nodev\tproc\n\text4\n");
        directories.file("proc/sys/kernel/osrelease", "6.12.1-cloud\n");
        assertThat(detect().overlay()).isFalse();
        directories.file(
                "lib/modules/6.12.1-cloud/modules.dep",
                "kernel/fs/nls/nls_ascii.ko.xz:\nkernel/fs/overlayfs/overlay.ko.xz: kernel/lib/other.ko.xz\n");
        assertThat(detect().overlay()).isTrue();
    }
}

package io.gantry.pod.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupPathsTests {
    private final CgroupPaths cgroupfs = new CgroupPaths(CgroupDriver.CGROUPFS);
    private final CgroupPaths systemd = new CgroupPaths(CgroupDriver.SYSTEMD);

    @ParameterizedTest
    @CsvSource({
        "a.slice, /a.slice",
        "a-b.slice, /a.slice/a-b.slice",
        "kubepods-burstable-pod1_2.slice, /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice",
        "-.slice, /"
    })
    void slicesLieWhereTheirNamesSay(String slice, String path) {
        assertThat(CgroupPaths.expand(slice)).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-a.slice", "a-.slice", "a--b.slice", ".slice"})
    void namesThatAreNoSlices(String slice) {
        assertThatThrownBy(() -> CgroupPaths.expand(slice))
                .isInstanceOf(GantryException.class)
                .hasMessage("use cgroup parent '" + slice + "': it is not a slice name");
    }

    @Test
    void aPathThatSomebodyElseChose() {
        assertThat(cgroupfs.of("/chosen//x").path()).isEqualTo("/chosen/x");
        assertThat(systemd.of("a-b.slice:cri:f00").path()).isEqualTo("/a.slice/a-b.slice/cri-f00.scope");
        assertThat(systemd.of("a.slice::f00").path()).isEqualTo("/a.slice/f00.scope");
        for (CgroupPaths paths : new CgroupPaths[] {cgroupfs, systemd}) {
            var own = paths.container("a.slice", "f00");
            assertThat(paths.of(own.runtimePath())).isEqualTo(own);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "relative", "/../..", "/a/../.."})
    void noPathsOfCgroupfs(String path) {
        assertThatThrownBy(() -> cgroupfs.of(path)).isInstanceOf(GantryException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a/b", "a.slice:b", "a:b:c", "a.slice:b:", "a.slice:b:../c", "a.slice:b:c:d"})
    void noPathsOfSystemd(String path) {
        assertThatThrownBy(() -> systemd.of(path)).isInstanceOf(GantryException.class);
    }

    @Test
    void cgroupfsPathsAreUsedAsTheyAre() {
        assertThat(cgroupfs.sandbox("/kubepods/burstable/pod1", "f00")).isEqualTo("/kubepods/burstable/pod1/f00");
        assertThat(cgroupfs.sandbox("", "f00")).isEqualTo("/gantry/f00");
        assertThat(cgroupfs.sandbox("/", "f00")).isEqualTo("/f00");
        assertThat(cgroupfs.container("test.slice/", "f00"))
                .isEqualTo(new ContainerCgroup("/test.slice/f00", "/test.slice/f00"));
        assertThatThrownBy(() -> cgroupfs.sandbox("/a/../..", "f00"))
                .hasMessage("use cgroup parent '/a/../..': it has '..' in it");
    }

    @Test
    void systemdTakesTheSliceOfThePath() {
        assertThat(systemd.container("/kubepods.slice/kubepods-pod1.slice", "f00"))
                .isEqualTo(new ContainerCgroup(
                        "/kubepods.slice/kubepods-pod1.slice/gantry-f00.scope", "kubepods-pod1.slice:gantry:f00"));
        assertThat(systemd.sandbox("", "f00")).isEqualTo("/gantry.slice/gantry-f00.scope");
        assertThatThrownBy(() -> systemd.sandbox("/kubepods/pod1", "f00"))
                .hasMessage(
                        "use cgroup parent '/kubepods/pod1': the systemd cgroup driver needs the name of a slice, such as"
                                + " kubepods.slice; give the kubelet the same cgroup driver as Gantry");
    }
}

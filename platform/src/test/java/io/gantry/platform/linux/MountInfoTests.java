package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountInfoTests {
    @Test
    void parsesFieldsAndEscapes() {
        List<MountEntry> mounts = MountInfo.parse("""
                36 35 98:0 /mnt1 /a\\040b\\134c rw,noatime master:1 propagate_from:2 - ext3 /dev/my\\011root rw,errors=continue
                22 1 0:21 / / ro shared:7 - ext4 /dev/vda ro
                23 22 0:22 / /proc rw - proc proc rw
                nonsense
                1 2 3
                """);

        assertThat(mounts).hasSize(3);
        assertThat(mounts.getFirst())
                .isEqualTo(new MountEntry(
                        36,
                        35,
                        "98:0",
                        "/mnt1",
                        Path.of("/a b\\c"),
                        List.of("rw", "noatime"),
                        List.of("master:1", "propagate_from:2"),
                        "ext3",
                        "/dev/my\troot",
                        List.of("rw", "errors=continue")));
        assertThat(mounts.getFirst().isSlave()).isTrue();
        assertThat(mounts.get(1).isShared()).isTrue();
        assertThat(mounts.get(1).isReadOnly()).isTrue();
        assertThat(mounts.get(2).propagation()).isEmpty();
    }

    @Test
    void readsTheMountsOfThisProcess() {
        assertThat(MountInfo.ofSelf()).anyMatch(mount -> mount.target().equals(Path.of("/proc")));
    }
}

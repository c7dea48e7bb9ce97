package io.gantry.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.tree.TreeRemover;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotMeterTests {
    @Test
    void figuresAreThoseOfTheLastWalk() throws Exception {
        Privileges.assumeOverlay();
        Mounts mounts = new Mounts(JnaSyscalls.instance());
        try (TestDirectories directories = TestDirectories.create();
                SnapshotStore store = SnapshotStore.open(
                        directories.root().resolve("snapshots"), JnaSyscalls.instance(), mounts, true);
                SnapshotMeter meter = new SnapshotMeter(store, Duration.ofHours(1))) {
            Path target = directories.dir("mnt");
            store.prepare("one", "sha256:0", List.of(), target, false, null);
            SnapshotUsage empty = meter.usage("one").orElseThrow();
            Files.write(target.resolve("f"), new byte[50_000]);

            assertThat(meter.usage("one")).contains(empty);
            meter.measureAll();
            assertThat(meter.usage("one").orElseThrow().bytes()).isGreaterThanOrEqualTo(empty.bytes() + 50_000);
            assertThat(meter.total().inodes()).isEqualTo(2);

            store.remove("one", target);
            meter.measureAll();
            assertThat(meter.usage("one")).isEmpty();
            assertThat(meter.total().bytes()).isZero();
            new TreeRemover(JnaSyscalls.instance()).remove(directories.root().resolve("snapshots"));
        }
    }
}

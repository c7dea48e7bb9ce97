package io.gantry.pod.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.storage.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OomCountersTests {
    @TempDir
    Path mount;

    private OomCounters counters() {
        return new OomCounters(CgroupMode.V2, mount);
    }

    private void count(String cgroup, String file, long kills) throws IOException {
        Path at = Files.createDirectories(mount.resolve(cgroup));
        Files.writeString(at.resolve(file), "oom 9\noom_kill " + kills + "\noom_group_kill 0\n");
    }

    @Test
    void theParentKeepsWhatWasCountedBelowIt() throws IOException {
        count("a.slice", "memory.events", 7);
        count("a.slice", "memory.events.local", 1);
        count("a.slice/x.scope", "memory.events", 2);
        count("a.slice/x.scope/inner", "memory.events", 2); // is in the scope's own figure
        Files.createDirectory(mount.resolve("a.slice/not-counted"));
        assertThat(counters().ofGone("/a.slice")).hasValue(4);

        Trees.delete(mount.resolve("a.slice/x.scope"));
        assertThat(counters().ofGone("/a.slice")).hasValue(6);
    }

    @Test
    void noneWhereNothingIsCounted() throws IOException {
        assertThat(counters().ofGone("/gone.slice")).isEmpty();
        assertThat(counters().ofGone("/")).isEmpty(); // the root has no such file
        count("a.slice", "memory.events", 0);
        assertThat(counters().ofGone("/a.slice")).hasValue(0);
        assertThat(new OomCounters(CgroupMode.V1, mount).ofGone("/a.slice")).isEmpty();
    }

    /** With the mount option memory_localevents a parent does not count what is below it. */
    @Test
    void neverLessThanNothing() throws IOException {
        count("a.slice", "memory.events", 1);
        count("a.slice", "memory.events.local", 1);
        count("a.slice/x.scope", "memory.events", 2);
        assertThat(counters().ofGone("/a.slice")).hasValue(0);
    }
}

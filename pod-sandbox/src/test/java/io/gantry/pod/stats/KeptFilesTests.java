package io.gantry.pod.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeptFilesTests {
    private final TestDirectories directories = TestDirectories.create();
    private final KeptFiles kept = new KeptFiles(JnaSyscalls.instance(), 2);
    private final KernelFiles files = new KernelFiles(kept);

    @AfterEach
    void close() {
        kept.close();
        directories.close();
    }

    @Test
    void readsAnewWhatTheFileSaysNow() throws Exception {
        Path file = directories.file("a", "1\n");
        assertThat(files.keptNumber(file.toString())).hasValue(1);

        Files.writeString(file, "23\n");

        assertThat(files.keptNumber(file.toString())).hasValue(23);
        assertThat(kept.size()).isEqualTo(1);
        String longText = "y".repeat(10_000);
        Files.writeString(file, longText);
        assertThat(files.kept(file.toString())).isEqualTo(longText);
    }

    @Test
    void keepsNoMoreThanItMayAndReadsTheOthersAllTheSame() {
        for (int i = 0; i < 4; i++) {
            assertThat(files.keptNumber(directories.file("f" + i, i + "\n").toString()))
                    .hasValue(i);
        }

        assertThat(kept.size()).isEqualTo(2);
        assertThat(files.kept(directories.root() + "/nothing")).isNull();
    }

    @Test
    void closesWhatIsNotReadAndWhatIsLeftAtTheEnd() throws Exception {
        long before = descriptors();
        String first = directories.file("a", "1\n").toString();
        assertThat(files.kept(first)).isEqualTo("1\n");
        assertThat(files.kept(directories.file("b", "2\n").toString())).isEqualTo("2\n");
        assertThat(descriptors()).isEqualTo(before + 2);

        kept.closeUnused(System.nanoTime());
        assertThat(kept.size()).isEqualTo(2);
        kept.closeUnused(System.nanoTime() + 60_000_000_000L);
        assertThat(kept.size()).isZero();
        assertThat(descriptors()).isEqualTo(before);

        assertThat(files.kept(first)).isEqualTo("1\n");
        kept.close();
        assertThat(files.kept(first)).isEqualTo("1\n");
        assertThat(kept.size()).isZero();
        assertThat(descriptors()).isEqualTo(before);
    }

    private long descriptors() throws IOException {
        try (var links = Files.list(Path.of("/proc/self/fd"))) {
            return links.filter(link -> {
                        try {
                            return Files.readSymbolicLink(link).startsWith(directories.root());
                        } catch (IOException e) {
                            return false;
                        }
                    })
                    .count();
        }
    }

    @Test
    void aCgroupThatWasRemovedAndMadeAgainIsReadAnew() throws Exception {
        Privileges.assumeRoot();
        Path hierarchy = hierarchy();
        Path cgroup = hierarchy.resolve("gantry-kept-" + ProcessHandle.current().pid());
        String file = cgroup.resolve("cgroup.procs").toString();
        Files.createDirectory(cgroup);
        try {
            assertThat(files.kept(file)).isEmpty();
            Files.delete(cgroup);
            assertThat(files.kept(file)).isNull();
            assertThat(kept.size()).isZero();
            Files.createDirectory(cgroup);
            assertThat(files.kept(file)).isEmpty();
        } finally {
            Files.deleteIfExists(cgroup);
        }
    }

    private static Path hierarchy() {
        Path v1 = Path.of("/sys/fs/cgroup/cpuacct");
        return Files.isDirectory(v1) ? v1 : Path.of("/sys/fs/cgroup");
    }
}

package io.gantry.image.pack;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.O_CLOEXEC;
import static io.gantry.platform.linux.LinuxConstants.O_DIRECTORY;
import static io.gantry.platform.linux.LinuxConstants.O_RDONLY;
import static io.gantry.platform.linux.LinuxConstants.S_IFREG;
import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.DirectoryPieces;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OrderedNamesTests {
    private static final long TOTAL = 20_000;
    private static final long LEAST = 1_000;
    private static final int LEVELS = 10;

    private final Syscalls syscalls = JnaSyscalls.instance();
    private final DirectoryPieces pieces = new DirectoryPieces(syscalls);
    private final TestDirectories directories = TestDirectories.create();
    private final OrderedNames.Budget budget = new OrderedNames.Budget(TOTAL, LEAST);

    @AfterEach
    void close() {
        directories.close();
    }

    @Test
    void allNamesComeInOrderAndOnlySomeAreHeld() {
        TreeSet<String> expected = new TreeSet<>();
        for (int i = 0; i < 2000; i++) {
            expected.add("file" + i * 7919 % 2000);
        }
        expected.add("not-utf8-\udcff");
        expected.add("é");
        Path directory = directory("many", expected);
        List<String> seen = new ArrayList<>();
        try (Fd fd = open(directory);
                OrderedNames names = new OrderedNames(syscalls, pieces, fd.number(), budget)) {
            for (String name = names.next(); name != null; name = names.next()) {
                seen.add(name);
                assertThat(budget.left()).isGreaterThanOrEqualTo(TOTAL / 2);
            }
            assertThat(names.next()).isNull();
        }

        assertThat(seen).containsExactlyElementsOf(expected);
        assertThat(budget.left()).isEqualTo(TOTAL);
    }

    /** As in a walk: each level is half read while the next one is. */
    @Test
    void directoriesInDirectoriesShareTheBudgetAndEachGetsOn() {
        TreeSet<String> expected = new TreeSet<>();
        for (int i = 0; i < 300; i++) {
            expected.add("file" + i);
        }
        Path directory = directory("same", expected);

        assertThat(read(directory, LEVELS)).isEqualTo(300 * LEVELS);
        assertThat(budget.left()).isEqualTo(TOTAL);
    }

    private int read(Path directory, int levels) {
        int count = 0;
        try (Fd fd = open(directory);
                OrderedNames names = new OrderedNames(syscalls, pieces, fd.number(), budget)) {
            for (String name = names.next(); name != null; name = names.next()) {
                assertThat(budget.left()).isGreaterThanOrEqualTo(-LEVELS * LEAST);
                if (count == 0 && levels > 1) {
                    count += read(directory, levels - 1);
                }
                count++;
            }
        }
        return count;
    }

    @Test
    void anEmptyDirectoryHasNone() {
        try (Fd fd = open(directories.dir("empty"));
                OrderedNames names = new OrderedNames(syscalls, pieces, fd.number(), budget)) {
            assertThat(names.next()).isNull();
        }
    }

    private Path directory(String name, Iterable<String> files) {
        Path directory = directories.dir(name);
        for (String file : files) {
            syscalls.mknodat(AT_FDCWD, directory + "/" + file, S_IFREG | 0600, 0, 0);
        }
        return directory;
    }

    private Fd open(Path path) {
        return new Fd(syscalls, syscalls.openat(AT_FDCWD, path.toString(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
    }
}

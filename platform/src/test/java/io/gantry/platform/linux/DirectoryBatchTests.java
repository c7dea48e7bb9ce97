package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DirectoryBatchTests {
    private final TestDirectories directories = TestDirectories.create();
    private final Syscalls syscalls = JnaSyscalls.instance();

    @AfterEach
    void close() {
        directories.close();
    }

    @Test
    void everyNameComesOnceInPieces() throws IOException {
        String directory = directories.dir("many").toString();
        for (int i = 0; i < 1000; i++) {
            var unused = directories.file("many/file-" + i, "");
        }
        Set<String> names = new HashSet<>();
        int pieces = 0;
        byte[] buffer = new byte[4096];
        try (Fd fd = open(directory)) {
            for (List<DirectoryEntry> next = syscalls.getdents(fd.number(), buffer);
                    !next.isEmpty();
                    next = syscalls.getdents(fd.number(), buffer)) {
                pieces++;
                next.forEach(entry -> assertThat(names.add(entry.name())).isTrue());
            }
        }

        assertThat(names).hasSize(1000).contains("file-0", "file-999");
        assertThat(pieces).isGreaterThan(5);
        try (Fd fd = open(directory)) {
            assertThat(syscalls.getdents(fd.number())).hasSize(1000);
        }
        try (Fd fd = open(directories.dir("empty").toString())) {
            assertThat(syscalls.getdents(fd.number(), buffer)).isEmpty();
        }
    }

    private Fd open(String path) {
        int flags = LinuxConstants.O_RDONLY | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC;
        return new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, path, flags, 0));
    }
}

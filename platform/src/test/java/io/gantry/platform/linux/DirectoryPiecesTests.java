package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.testing.TestDirectories;
import java.util.HashSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DirectoryPiecesTests {
    private static final int FILES = 1000;

    private final TestDirectories directories = TestDirectories.create();
    private final Syscalls syscalls = JnaSyscalls.instance();
    private final DirectoryPieces pieces = new DirectoryPieces(syscalls);
    private String directory = "";

    @BeforeEach
    void fill() {
        directory = directories.dir("many").toString();
        for (int i = 0; i < FILES; i++) {
            syscalls.mknodat(LinuxConstants.AT_FDCWD, directory + "/file-" + i, LinuxConstants.S_IFREG | 0600, 0, 0);
        }
    }

    @AfterEach
    void close() {
        directories.close();
    }

    @Test
    void everyNameComesOnceAlsoWhileAnotherDirectoryIsRead() {
        Set<String> names = new HashSet<>();
        try (Fd outer = open();
                Fd inner = open()) {
            Iterator<DirectoryEntry> other = pieces.of(inner.number()).iterator();
            for (DirectoryEntry entry : pieces.of(outer.number())) {
                assertThat(names.add(entry.name())).isTrue();
                assertThat(other.hasNext()).isTrue();
                assertThat(other.next().name()).startsWith("file-");
            }
            assertThat(other.hasNext()).isFalse();
            assertThatThrownBy(other::next).isInstanceOf(NoSuchElementException.class);
        }

        assertThat(names).hasSize(FILES);
    }

    @Test
    void whatComesMayBeRemovedAndTheRestStillComes() {
        try (Fd fd = open()) {
            for (DirectoryEntry entry : pieces.of(fd.number())) {
                syscalls.unlinkat(fd.number(), entry.name(), 0);
            }
            assertThat(syscalls.lseek(fd.number(), 0, LinuxConstants.SEEK_SET)).isZero();
            assertThat(pieces.of(fd.number())).isEmpty();
        }
    }

    private Fd open() {
        int flags = LinuxConstants.O_RDONLY | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC;
        return new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, directory, flags, 0));
    }
}

package io.gantry.image.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.LinuxConstants;
import org.junit.jupiter.api.Test;

class FirstNamesTests {
    private final FirstNames names = new FirstNames("read layer");

    @Test
    void theFirstNameIsGivenUntilTheLast() {
        assertThat(names.before(file(1, 3), "a")).isNull();
        assertThat(names.before(file(2, 2), "b")).isNull();
        assertThat(names.before(file(1, 3), "c")).isEqualTo("a");
        assertThat(names.before(file(2, 2), "d")).isEqualTo("b");
        assertThat(names.before(file(1, 3), "e")).isEqualTo("a");
    }

    @Test
    void filesWhoseNamesAllCameTakeNoMemory() {
        String path = "p".repeat(4000);
        for (int i = 0; i < 20_000; i++) {
            assertThat(names.before(file(i, 2), path)).isNull();
            assertThat(names.before(file(i, 2), "other")).isEqualTo(path);
        }
    }

    @Test
    void moreThanCanBeRememberedAreRefused() {
        String path = "p".repeat(4000);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        assertThat(names.before(file(i, 2), path)).isNull();
                    }
                })
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
                .hasMessageContaining("read layer: more files have several names");
    }

    private static FileStatus file(long inode, int links) {
        return new FileStatus(inode, LinuxConstants.S_IFREG | 0600, links, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}

package io.gantry.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;

class DeletedPathsTests {
    private final DeletedPaths paths = new DeletedPaths("read changes");

    @Test
    void eachIsListedOnce() {
        paths.add("/b");
        paths.add("/a");
        paths.add("/b");

        assertThat(paths.all()).containsExactly("/b", "/a");
    }

    @Test
    void thereIsABound() {
        String directory = "/usr/lib/" + "d".repeat(3000) + "/";
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        paths.add(directory + i);
                    }
                })
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
                .hasMessageContaining("read changes: more files of the image were deleted one by one");
    }
}

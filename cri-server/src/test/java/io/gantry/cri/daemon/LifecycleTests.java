package io.gantry.cri.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.local.DataLock;
import io.gantry.platform.testing.TestDirectories;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LifecycleTests {
    @Test
    void stopsInReverseAndGoesOnPastFailures() {
        List<String> stopped = new ArrayList<>();
        Lifecycle lifecycle = new Lifecycle();
        lifecycle.started("first", () -> stopped.add("first"));
        lifecycle.started("second", () -> {
            throw new IllegalStateException("stuck");
        });
        lifecycle.started("third", () -> stopped.add("third"));

        lifecycle.close();
        lifecycle.close();

        assertThat(stopped).containsExactly("third", "first");
    }

    @Test
    void aDirectoryHasOneDaemon() throws Exception {
        try (TestDirectories directories = TestDirectories.create()) {
            var data = directories.root().resolve("data");
            try (DataLock lock = DataLock.of(data)) {
                assertThat(lock).isNotNull();
                assertThatThrownBy(() -> DataLock.of(data))
                        .hasMessage("lock " + data
                                + ": another process works on it; stop that daemon first, or give this one a root, a"
                                + " state and a socket of its own");
            }
            DataLock.of(data).close();
        }
    }
}

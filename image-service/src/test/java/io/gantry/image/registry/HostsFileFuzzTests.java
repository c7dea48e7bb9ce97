package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gantry.image.testing.FuzzCorpus;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Any bytes at all as hosts.toml: endpoints, or an error that names the file. */
class HostsFileFuzzTests {
    private final TestDirectories directories = TestDirectories.create();
    private final Path file = directories.dir("r.io").resolve("hosts.toml");

    @AfterEach
    void close() {
        directories.close();
    }

    private void check(byte[] input) throws IOException {
        Files.write(file, input);
        try {
            assertThat(RegistryHosts.in(directories.root()).endpoints("r.io")).isNotNull();
        } catch (GantryException e) {
            assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
            assertThat(e.getMessage()).contains(file.toString());
        }
    }

    @FuzzTest(maxDuration = "10m")
    void hosts(byte[] input) throws IOException {
        check(input);
    }

    @Test
    void damagedFiles() throws Exception {
        FuzzCorpus.run(HostsFileFuzzTests.class, "hosts", this::check);
    }
}

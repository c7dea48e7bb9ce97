package io.gantry.pod.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitFilesTests {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"0,0", "3,3", "137,137", "'143\n',143", "-1,255", "nonsense,255", "'',255"})
    void aCode(String text, int code) throws Exception {
        Instant at = Instant.parse("2026-11-24T10:00:00.123Z");
        Path file = Files.writeString(directory.resolve("c1"), text);
        Files.setLastModifiedTime(file, FileTime.from(at));

        ExitFiles.Exit exit = new ExitFiles(directory).read("c1").orElseThrow();

        assertThat(exit.code()).isEqualTo(code);
        assertThat(exit.at()).isEqualTo(at);
    }

    @Test
    void noFileIsNoExit() {
        ExitFiles exits = new ExitFiles(directory);
        assertThat(exits.read("c1")).isEmpty();
        exits.remove("c1");
        assertThat(new ExitFiles(directory.resolve("missing")).read("c1")).isEmpty();
    }

    @Test
    void aFileThatCannotBeReadIsAnError() throws Exception {
        Files.createDirectory(directory.resolve("c1"));
        assertThatThrownBy(() -> new ExitFiles(directory).read("c1"))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("read exit code of container c1");
    }
}

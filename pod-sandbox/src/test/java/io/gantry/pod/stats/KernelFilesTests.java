package io.gantry.pod.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.TestDirectories;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KernelFilesTests {
    private final TestDirectories directories = TestDirectories.create();
    private final KernelFiles files = new KernelFiles();

    @AfterEach
    void close() {
        directories.close();
    }

    /** Its smaps has a record for each mapping, and several pages of them; it does not change any more. */
    @Test
    void aFileOfManyRecordsIsReadToItsEnd() throws Exception {
        try (RunningProcess process = SpawnProcessRunner.shared().start(Command.of("sleep", "1000"))) {
            Path smaps = Path.of("/proc/" + process.pid() + "/smaps");
            Path command = Path.of("/proc/" + process.pid() + "/stat");
            while (!Files.readString(command).contains("(sleep) S")) {
                Thread.sleep(1);
            }
            String expected = new String(Files.readAllBytes(smaps), StandardCharsets.ISO_8859_1);

            assertThat(expected.length()).isGreaterThan(8192);
            assertThat(count(files.text(smaps.toString()))).isEqualTo(count(expected));
            process.killGroup();
        }
    }

    private static long count(@Nullable String smaps) {
        return String.valueOf(smaps)
                .lines()
                .filter(line -> line.startsWith("VmFlags:"))
                .count();
    }

    @Test
    void textLongerThanTheBufferIsReadToItsEnd() throws Exception {
        String text = "a line\n".repeat(10_000);
        Path file = directories.file("long", text);

        assertThat(files.text(file.toString())).isEqualTo(text);
        assertThat(files.kept(file.toString())).isEqualTo(text);
        assertThat(files.lines(file.toString())).isEqualTo(10_000);
    }

    @Test
    void whatIsNotThereIsNoError() throws Exception {
        String missing = directories.root() + "/missing";

        assertThat(files.text(missing)).isNull();
        assertThat(files.lines(missing)).isEqualTo(-1);
        assertThat(files.number(missing)).isEmpty();
        assertThat(files.text(directories.file("empty", "").toString())).isEmpty();
        assertThat(files.number(directories.file("max", "max\n").toString())).isEmpty();
        assertThat(files.number(directories.file("number", "42\n").toString())).hasValue(42);
    }
}

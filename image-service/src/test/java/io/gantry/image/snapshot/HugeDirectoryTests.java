package io.gantry.image.snapshot;

import static io.gantry.platform.linux.LinuxConstants.AT_FDCWD;
import static io.gantry.platform.linux.LinuxConstants.S_IFREG;
import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.layer.Layer;
import io.gantry.image.layer.LayerRecord;
import io.gantry.image.pack.LayerTar;
import io.gantry.image.tree.TreeRemover;
import io.gantry.image.tree.TreeUsage;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.SpawnProcessRunner;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A container that makes very many files in one directory does not end the daemon, whose heap is small. */
@Timeout(120)
class HugeDirectoryTests {
    private static final int FILES = 80_000;

    /** Their names alone fill it. */
    private static final String HEAP = "-Xmx20m";

    /** All that walks trees which others fill, in a process of its own. */
    static final class Walks {
        private Walks() {}

        public static void main(String[] arguments) throws Exception {
            Syscalls syscalls = JnaSyscalls.instance();
            Path directory = Path.of(arguments[0]);
            String padding = "n".repeat(240);
            for (int i = 0; i < FILES; i++) {
                syscalls.mknodat(AT_FDCWD, directory + "/" + i + padding, S_IFREG | 0600, 0, 0);
            }
            System.out.println(
                    "measured " + TreeUsage.measure(syscalls, directory).inodes());
            LayerRecord record = new LayerRecord(1, "sha256:0", 0, 0, List.of(), false, Instant.EPOCH);
            Count packed = new Count();
            LayerTar.write(syscalls, new Layer(record, directory), packed);
            System.out.println("packed " + (packed.headers() >= FILES));
            Count diff = new Count();
            List<String> deleted = SnapshotDiff.write(syscalls, directory, directory, List.of(), _ -> false, diff);
            System.out.println("compared " + diff.headers() + " " + deleted.size());
            new TreeRemover(syscalls).remove(directory);
            System.out.println("removed");
        }
    }

    /** Counts file headers: each of these names needs three blocks beside. */
    private static final class Count extends OutputStream {
        private long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] data, int offset, int length) {
            bytes += length;
        }

        long headers() {
            return bytes / (3 * 512);
        }
    }

    private Path directory = Path.of("");

    @BeforeEach
    void makeDirectory() throws Exception {
        Path memory = Path.of("/dev/shm");
        directory = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "gantry")
                : Files.createTempDirectory("gantry");
    }

    @AfterEach
    void removeDirectory() {
        new TreeRemover(JnaSyscalls.instance()).remove(directory);
    }

    @Test
    void noWalkHoldsItInMemory() throws Exception {
        List<String> argv = List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                HEAP,
                "-cp",
                System.getProperty("java.class.path"),
                Walks.class.getName(),
                directory.toString());

        ProcessResult result = SpawnProcessRunner.shared().run(Command.of(argv), Deadline.NONE);

        assertThat(result.isSuccess()).as(result.stderrText()).isTrue();
        assertThat(result.stdoutText().lines())
                .containsExactly("measured " + (FILES + 1), "packed true", "compared " + FILES + " 0", "removed");
        assertThat(directory).doesNotExist();
    }
}

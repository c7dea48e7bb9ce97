package io.gantry.pod.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTargetTests {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "'',INVALID_ARGUMENT,not an absolute path",
        "a.tar,INVALID_ARGUMENT,not an absolute path",
        "./a.tar,INVALID_ARGUMENT,not an absolute path",
        "/,INVALID_ARGUMENT,does not name a file",
        "/tmp,INVALID_ARGUMENT,is a directory",
        "/tmp/,INVALID_ARGUMENT,does not name a file",
        "/dev/null,INVALID_ARGUMENT,is no file",
        "/no/such/directory/a.tar,NOT_FOUND,the directory /no/such/directory is not there"
    })
    void placesThatCanNeverBeAnArchiveAreRefused(String location, ErrorKind kind, String problem) {
        assertThatThrownBy(() -> CheckpointTarget.require(location, "checkpoint container c"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContaining(problem);
    }

    @Test
    void anArchiveAppearsWholeAndClosedToOthers() throws Exception {
        Path parent = Files.createDirectory(directory.resolve("work"));
        Path location = directory.resolve("a.tar");
        Files.writeString(location, "older");
        try (CheckpointWork work = CheckpointWork.begin(parent, "c1", location, "checkpoint")) {
            write(work);
            work.pack("", Deadline.NONE);
            assertThat(location).hasContent("older");
            work.publish();
        }

        assertThat(Files.getPosixFilePermissions(location)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(Files.size(location)).isGreaterThan(1024);
        assertThat(parent).isEmptyDirectory();
        assertThat(directory.toFile().listFiles()).containsExactlyInAnyOrder(parent.toFile(), location.toFile());
    }

    @Test
    void anArchiveMayHaveTheLongestName() throws Exception {
        Path parent = Files.createDirectory(directory.resolve("work"));
        Path location = CheckpointTarget.require(
                directory.resolve("n".repeat(251) + ".tar").toString(), "checkpoint");
        try (CheckpointWork work = CheckpointWork.begin(parent, "c".repeat(64), location, "checkpoint")) {
            write(work);
            work.pack("", Deadline.NONE);
            work.publish();
        }
        try (var entries = Files.list(directory)) {
            assertThat(entries).containsExactlyInAnyOrder(parent, location);
        }

        assertThatThrownBy(() -> CheckpointTarget.require(location + "x", "checkpoint"))
                .hasMessageContaining("is longer than 255 bytes");
    }

    @Test
    void aFailureLeavesNothing() throws Exception {
        Path parent = Files.createDirectory(directory.resolve("work"));
        Path location = directory.resolve("a.tar");
        try (CheckpointWork work = CheckpointWork.begin(parent, "c1", location, "checkpoint")) {
            write(work);
            assertThatThrownBy(() -> work.pack("", Deadline.after(Duration.ZERO)))
                    .hasMessageContaining("not written in time");
        }

        assertThat(directory.toFile().listFiles()).containsExactly(parent.toFile());
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void whatACrashLeftIsDiscarded() throws Exception {
        Path parent = Files.createDirectory(directory.resolve("work"));
        CheckpointWork abandoned = CheckpointWork.begin(parent, "c1", directory.resolve("a.tar"), "checkpoint");
        write(abandoned);
        assertThat(directory.toFile().list()).hasSize(2);

        CheckpointWork.discard(parent.resolve("c1"));
        CheckpointWork.discard(parent.resolve("c2"));

        assertThat(directory.toFile().listFiles()).containsExactly(parent.toFile());
        assertThat(parent).isEmptyDirectory();
        abandoned.close();
    }

    private static void write(CheckpointWork work) throws Exception {
        work.write("config.dump", Map.of("name", "web"));
        work.write("spec.dump", Map.of());
        Files.createDirectory(work.images());
        Files.writeString(work.images().resolve("inventory.img"), "x");
    }
}

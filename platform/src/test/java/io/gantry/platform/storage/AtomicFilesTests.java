package io.gantry.platform.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.testing.FakeSyscalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFilesTests {
    @TempDir
    Path dir;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource
    void createsAndReplaces(Durability durability) throws IOException {
        Path file = dir.resolve("file");
        AtomicFiles.write(file, bytes("one"), durability);
        assertThat(file).hasContent("one");
        AtomicFiles.write(file, bytes("two"), durability, 0600);
        assertThat(file).hasContent("two");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertOnly("file");
        AtomicFiles.sync(file);
    }

    @Test
    void replacesALinkAndNotItsTarget() throws IOException {
        Path target = Files.writeString(dir.resolve("target"), "target");
        Path link = Files.createSymbolicLink(dir.resolve("link"), target);
        AtomicFiles.write(link, bytes("new"), Durability.CRASH);
        assertThat(target).hasContent("target");
        assertThat(Files.isSymbolicLink(link)).isFalse();
    }

    @Test
    void anInterruptDoesNotCutItShort() throws InterruptedException {
        Path file = dir.resolve("file");
        Thread thread = Thread.ofVirtual().start(() -> {
            Thread.currentThread().interrupt();
            AtomicFiles.write(file, bytes("done"), Durability.POWER_LOSS);
            if (!Thread.currentThread().isInterrupted()) {
                throw new AssertionError("the flag was lost");
            }
            AtomicFiles.write(dir.resolve("flag"), bytes("kept"), Durability.CRASH);
        });
        thread.join();
        assertThat(file).hasContent("done");
        assertThat(dir.resolve("flag")).hasContent("kept");
    }

    @Test
    void aMissingDirectoryIsAnError() {
        Path file = dir.resolve("missing/file");
        assertThatThrownBy(() -> AtomicFiles.write(file, bytes("x"), Durability.CRASH))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
                .hasMessageStartingWith("write " + file);
        assertThatThrownBy(() -> AtomicFiles.sync(file)).isInstanceOf(GantryException.class);
        AtomicFiles.remove(file, Durability.CRASH);
    }

    @Test
    void aDirectoryInPlaceOfTheFileStays() throws IOException {
        Path place = Files.createDirectory(dir.resolve("place"));
        assertThatThrownBy(() -> AtomicFiles.write(place, bytes("x"), Durability.CRASH))
                .isInstanceOf(GantryException.class);
        assertOnly("place");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openat", "write", "fchmod", "fsync", "renameat2"})
    void aFailureOfAnyStepLeavesTheOldFileAndNothingElse(String call) {
        FakeSyscalls fake = new FakeSyscalls();
        fake.makeDirectories("/state");
        AtomicFiles.write(fake, Path.of("/state/file"), bytes("old"), Durability.POWER_LOSS, 0600);
        fake.failNext(call, Errno.ENOSPC);

        assertThatThrownBy(() ->
                        AtomicFiles.write(fake, Path.of("/state/file"), bytes("new"), Durability.POWER_LOSS, 0600))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
                .hasMessageContaining("no space left on device");
        assertThat(fake.names("/state")).containsExactly("file");
        assertThat(fake.text("/state/file")).isEqualTo("old");
        assertThat(fake.openDescriptors()).isZero();
    }

    private void assertOnly(String name) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            assertThat(files.map(path -> path.getFileName().toString())).containsExactly(name);
        }
    }
}

package io.gantry.image.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.testing.TarBuilder;
import io.gantry.platform.linux.JnaSyscalls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PlainArchiveTests {
    private final PlainArchive archive = new PlainArchive(JnaSyscalls.instance(), new ExtractionLimits(1 << 20, 100));

    @TempDir
    private Path directory;

    @Test
    void filesAndDirectoriesAreUnpackedClosedToOthers() throws Exception {
        byte[] tar = new TarBuilder()
                .mode(0777)
                .owner(1000, 1000)
                .directory("checkpoint")
                .file("./config.dump", "{}")
                .file("checkpoint/pages-1.img", "memory")
                .file("made/on/the/way", "x")
                .build();

        Path out = unpack(tar);

        assertThat(out.resolve("config.dump")).hasContent("{}");
        assertThat(out.resolve("checkpoint/pages-1.img")).hasContent("memory");
        assertThat(out.resolve("made/on/the/way")).hasContent("x");
        assertThat(Files.getPosixFilePermissions(out.resolve("config.dump")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void acompressedArchiveIsInflated() throws Exception {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(new TarBuilder().file("config.dump", "{}").build());
        }

        assertThat(unpack(zipped.toByteArray()).resolve("config.dump")).hasContent("{}");
    }

    static Stream<Arguments> hostile() {
        return Stream.of(
                Arguments.of(new TarBuilder().symlink("checkpoint", "/etc").file("checkpoint/x", "y"), "a link"),
                Arguments.of(new TarBuilder().file("a", "x").hardLink("b", "a"), "a link"),
                Arguments.of(new TarBuilder().hardLink("b", "/etc/passwd"), "a link"),
                Arguments.of(new TarBuilder().character("null", 1, 3), "a device"),
                Arguments.of(new TarBuilder().block("disk", 8, 0), "a device"),
                Arguments.of(new TarBuilder().fifo("pipe"), "a device"),
                Arguments.of(new TarBuilder().file("../escaped", "x"), "leads out of it"),
                Arguments.of(new TarBuilder().file("a/../../escaped", "x"), "leads out of it"),
                Arguments.of(new TarBuilder().file("/escaped", "x"), "leads out of it"),
                Arguments.of(new TarBuilder().file("a", "x").file("a", "y"), "twice"),
                Arguments.of(new TarBuilder().file("a", "x").file("a/b", "y"), "is used as a directory"),
                Arguments.of(new TarBuilder().file("x".repeat(300), "y"), "name is too long"),
                Arguments.of(new TarBuilder(), "it is empty"));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void whatIsNoPlainFileIsRefused(TarBuilder tar, String problem) {
        assertThatThrownBy(() -> unpack(tar.build()))
                .isInstanceOf(TarException.class)
                .hasMessageContaining(problem);
        assertThat(directory.resolve("escaped")).doesNotExist();
        assertThat(Path.of("/escaped")).doesNotExist();
    }

    @Test
    void aTruncatedArchiveIsRefused() {
        byte[] tar = new TarBuilder().file("a", "x".repeat(5000)).build();

        assertThatThrownBy(() -> unpack(Arrays.copyOf(tar, 3000)))
                .isInstanceOf(TarException.class)
                .hasMessageContaining("cut off");
        assertThatThrownBy(() -> unpack(new byte[0])).isInstanceOf(IOException.class);
    }

    @Test
    void limitsHold() {
        TarBuilder many = new TarBuilder();
        for (int i = 0; i < 101; i++) {
            many.file("f" + i, "");
        }
        assertThatThrownBy(() -> unpack(many.build())).hasMessageContaining("more than 100 entries");
        assertThatThrownBy(() ->
                        unpack(new TarBuilder().file("big", new byte[2 << 20]).build()))
                .hasMessageContaining("more than 1048576 bytes");
    }

    private Path unpack(byte[] tar) throws IOException, InterruptedException {
        Path out = Files.createTempDirectory(directory, "out");
        archive.unpack(Files.write(directory.resolve("a.tar"), tar), out);
        return out;
    }
}

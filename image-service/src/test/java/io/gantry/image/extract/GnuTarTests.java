package io.gantry.image.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What GNU tar writes in each of its formats is unpacked as GNU tar unpacks it. */
class GnuTarTests {
    private TestDirectories directories;
    private ExtractionFixture layer;

    @BeforeEach
    void setUp() {
        Privileges.assumeRoot();
        Privileges.assumeProgram("tar");
        directories = TestDirectories.create();
        layer = new ExtractionFixture();
    }

    @AfterEach
    void tearDown() {
        if (layer != null) {
            layer.close();
            directories.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--format=gnu --sparse",
                "--format=posix --sparse --sparse-version=0.0",
                "--format=posix --sparse --sparse-version=0.1",
                "--format=posix --sparse --sparse-version=1.0",
                "--format=posix --xattrs",
                "--format=ustar",
                "--format=oldgnu",
                "--format=v7"
            })
    void everyFormat(String options) throws Exception {
        Path source = directories.dir("source");
        directories.file("source/plain", "text");
        directories.file("source/sub/dir/file", "text");
        directories.file("source/" + "long/".repeat(15) + "name-of-a-file", "x");
        Files.createSymbolicLink(source.resolve("link"), Path.of("sub/dir"));
        Files.createLink(source.resolve("hard"), source.resolve("plain"));
        sparseFile(source.resolve("holes"));
        sparseFile(source.resolve("s".repeat(60)));
        Path archive = directories.root().resolve("a.tar");
        run("tar " + options + " -C " + source + " -cf " + archive + " .");

        layer.extract(Files.readAllBytes(archive));

        run("diff -r --no-dereference " + source + " " + layer.root);
        assertThat(layer.status("hard").inode()).isEqualTo(layer.status("plain").inode());
        if (options.contains("sparse")) {
            assertThat(layer.status("holes").blocks()).isLessThan(2000);
        }
    }

    /** Forty stretches of data, so that the map needs extension blocks, and a hole at the end. */
    private static void sparseFile(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            for (int i = 0; i < 40; i++) {
                file.write(
                        ByteBuffer.wrap(("stretch " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                        i * 262_144L);
            }
            file.write(ByteBuffer.wrap(new byte[1]), 20L << 20);
        }
    }

    private static void run(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(command.split(" ")))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    }
}

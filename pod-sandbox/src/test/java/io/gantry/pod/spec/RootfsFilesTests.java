package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.testing.Privileges;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that try to make the daemon read something else. */
class RootfsFilesTests {
    private final RootfsFiles files = new RootfsFiles(JnaSyscalls.instance());

    @TempDir
    Path temp;

    private Path rootfs;

    @BeforeEach
    void makeRootfs() throws IOException {
        rootfs = temp.resolve("rootfs");
        Files.createDirectories(rootfs.resolve("etc"));
        Files.writeString(temp.resolve("secret"), "secret");
    }

    @Test
    void linksStayInside() throws IOException {
        Files.writeString(rootfs.resolve("real"), "inside");
        Files.createSymbolicLink(rootfs.resolve("etc/passwd"), Path.of("/real"));
        assertThat(read("/etc/passwd")).isEqualTo("inside");
        Files.createSymbolicLink(rootfs.resolve("etc/up"), Path.of("../../../../../real"));
        assertThat(read("/etc/up")).isEqualTo("inside");
    }

    @Test
    void linksOutLeadNowhere() throws IOException {
        Files.createSymbolicLink(rootfs.resolve("etc/passwd"), temp.resolve("secret"));
        assertThat(read("/etc/passwd")).isEmpty();
        Files.createSymbolicLink(rootfs.resolve("etc/up"), Path.of("../../secret"));
        assertThat(read("/etc/up")).isEmpty();
        Files.delete(rootfs.resolve("etc/passwd"));
        Files.delete(rootfs.resolve("etc/up"));
        Files.delete(rootfs.resolve("etc"));
        Files.createSymbolicLink(rootfs.resolve("etc"), temp);
        assertThat(read("/etc/secret")).isEmpty();
    }

    @Test
    void missingFilesAreEmpty() throws IOException {
        assertThat(read("/etc/passwd")).isEmpty();
        assertThat(read("/none/passwd")).isEmpty();
        assertThatThrownBy(() -> files.read(temp.resolve("gone"), "/etc/passwd"))
                .hasMessage("root file system " + temp.resolve("gone") + " is not there");
    }

    @Test
    void onlyRegularFilesOfSensibleSizeAreRead() throws IOException {
        Files.createDirectory(rootfs.resolve("etc/passwd"));
        assertThatThrownBy(() -> read("/etc/passwd")).hasMessage("/etc/passwd in the image is not a regular file");
        Files.createSymbolicLink(rootfs.resolve("etc/loop"), Path.of("loop"));
        assertThatThrownBy(() -> read("/etc/loop")).hasMessageStartingWith("cannot open /etc/loop in the image: ");
        try (var channel = java.nio.channels.FileChannel.open(
                rootfs.resolve("etc/group"),
                java.nio.file.StandardOpenOption.CREATE,
                java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(new byte[] {'x'}), 9L << 20);
        }
        assertThatThrownBy(() -> read("/etc/group")).hasMessage("/etc/group in the image is larger than 8 MiB");
    }

    @Test
    void devicesAndPipesAreNotOpened() throws IOException {
        Privileges.assumeRoot();
        JnaSyscalls.instance().mknodat(-100, rootfs.resolve("etc/passwd").toString(), 0020666, 1, 5);
        JnaSyscalls.instance().mknodat(-100, rootfs.resolve("etc/group").toString(), 0010666, 0, 0);
        assertThatThrownBy(() -> read("/etc/passwd")).hasMessage("/etc/passwd in the image is not a regular file");
        assertThatThrownBy(() -> read("/etc/group")).hasMessage("/etc/group in the image is not a regular file");
    }

    private String read(String path) throws IOException {
        return new String(files.read(rootfs, path), StandardCharsets.UTF_8);
    }
}

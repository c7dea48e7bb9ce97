package io.gantry.pod.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.pack.TarWriter;
import io.gantry.image.pack.TarWriter.Member;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedCheckpointTests {
    @TempDir
    private Path directory;

    private final Map<String, String> files = new LinkedHashMap<>(Map.of(
            "config.dump",
                    "{\"name\":\"web\",\"rootfsImageRef\":\"ab\",\"rootfsImageName\":\"busybox\",\"runtime\":\"runc\"}",
            "spec.dump", "{\"process\":{\"args\":[\"sleep\"]}}",
            "checkpoint/inventory.img", "x"));

    @Test
    void anArchiveTellsWhatItIsOf() throws Exception {
        StagedCheckpoint checkpoint = unpack(archive());

        assertThat(checkpoint.name()).isEqualTo("web");
        assertThat(checkpoint.imageRef()).isEqualTo("ab");
        assertThat(checkpoint.imageName()).isEqualTo("busybox");
        assertThat(checkpoint.handler()).isEqualTo("runc");
        assertThat(checkpoint.images().resolve("inventory.img")).hasContent("x");
    }

    @Test
    void whatIsNoCheckpointIsRefused() throws Exception {
        for (String name : new String[] {"config.dump", "spec.dump", "checkpoint/inventory.img"}) {
            String content = files.remove(name);
            refused(archive(), "is no checkpoint of a container: it has no " + name);
            files.put(name, String.valueOf(content));
        }
        files.put("config.dump", "{");
        refused(archive(), "config.dump of checkpoint archive");
        files.put("config.dump", "[]");
        refused(archive(), "is not a JSON object");
    }

    @Test
    void aDamagedArchiveIsRefused() throws Exception {
        Path archive = archive();
        byte[] bytes = Files.readAllBytes(archive);
        refused(Files.write(archive, Arrays.copyOf(bytes, 700)), "cut off");
        bytes[5] ^= 1;
        refused(Files.write(archive, bytes), "cannot be used");
        refused(Files.write(archive, new byte[0]), "cannot be read");
        refused(Files.writeString(archive, "no archive at all"), "cannot be used");
    }

    @Test
    void anImageWithLinksIsRefused() throws Exception {
        Path image = Files.createDirectory(directory.resolve("image"));
        Files.createSymbolicLink(image.resolve("config.dump"), Path.of("/etc/passwd"));

        assertThatThrownBy(() -> StagedCheckpoint.copy(image, "sha256:1", fresh(), "restore"))
                .hasMessageContaining("holds a link or device, config.dump");
    }

    @Test
    void anImageIsCopied() throws Exception {
        Path image = directory.resolve("image");
        Files.createDirectories(image.resolve("checkpoint"));
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(image.resolve(file.getKey()), file.getValue());
        }

        assertThat(StagedCheckpoint.copy(image, "sha256:1", fresh(), "restore").name())
                .isEqualTo("web");
    }

    private void refused(Path archive, String problem) {
        assertThatThrownBy(() -> unpack(archive))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
                .hasMessageContaining(problem);
    }

    private StagedCheckpoint unpack(Path archive) throws Exception {
        return StagedCheckpoint.unpack(JnaSyscalls.instance(), archive, fresh(), "create container web");
    }

    private Path fresh() throws IOException {
        return Files.createTempDirectory(directory, "staged");
    }

    private Path archive() throws IOException {
        Path archive = directory.resolve("a.tar");
        try (OutputStream out = Files.newOutputStream(archive);
                TarWriter tar = new TarWriter(out)) {
            tar.begin(Member.directory("checkpoint/"));
            for (Map.Entry<String, String> file : files.entrySet()) {
                tar.file(file.getKey(), file.getValue().getBytes(StandardCharsets.UTF_8));
            }
        }
        return archive;
    }
}

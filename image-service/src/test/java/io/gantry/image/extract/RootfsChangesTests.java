package io.gantry.image.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.testing.TarBuilder;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.testing.Privileges;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootfsChangesTests {
    private final RootfsChanges changes = new RootfsChanges(JnaSyscalls.instance(), ExtractionLimits.DEFAULT);

    @TempDir
    private Path directory;

    private Path root;
    private Path outside;

    @BeforeEach
    void makeRoot() throws Exception {
        Privileges.assumeRoot();
        root = Files.createDirectories(directory.resolve("root"));
        outside = Files.createDirectories(directory.resolve("outside"));
        Files.writeString(outside.resolve("keep"), "outside");
        Files.createDirectories(root.resolve("etc"));
        Files.writeString(root.resolve("etc/old"), "old");
        Files.writeString(root.resolve("etc/gone"), "gone");
        Files.createSymbolicLink(root.resolve("out"), outside);
        Files.createSymbolicLink(root.resolve("up"), Path.of("../outside"));
    }

    @Test
    void changesReplaceWhatIsThere() throws Exception {
        unpack(new TarBuilder()
                .mode(0755)
                .directory("etc")
                .mode(0640)
                .owner(5, 6)
                .file("etc/old", "new")
                .symlink("etc/link", "old"));

        assertThat(root.resolve("etc/old")).hasContent("new");
        assertThat(Files.getAttribute(root.resolve("etc/old"), "unix:uid")).isEqualTo(5);
        assertThat(Files.readSymbolicLink(root.resolve("etc/link"))).hasToString("old");
        assertThat(root.resolve("etc/gone")).hasContent("gone");
    }

    @Test
    void whiteoutsDelete() throws Exception {
        unpack(new TarBuilder().file("etc/.wh.gone", "").file("etc/.wh.never", ""));
        assertThat(root.resolve("etc")).isDirectoryNotContaining("glob:**gone");
        assertThat(root.resolve("etc/old")).hasContent("old");

        unpack(new TarBuilder().file("etc/.wh..wh..opq", "").file("etc/new", "new"));
        assertThat(root.resolve("etc").toFile().list()).containsExactly("new");
    }

    @Test
    void linksLeadNowhereButIntoTheRoot() throws Exception {
        unpack(new TarBuilder().file("out/evil", "x").file("up/evil", "x").file("../../outside/evil", "x"));
        changes.delete(List.of("/out/keep", "/up/keep", "../outside/keep", "/out"), root);

        assertThat(outside.toFile().list()).containsExactly("keep");
        assertThat(outside.resolve("keep")).hasContent("outside");
        assertThat(Files.exists(root.resolve("out"), java.nio.file.LinkOption.NOFOLLOW_LINKS))
                .isFalse();
    }

    @Test
    void deletedPathsGoAndMissingOnesDoNotMatter() {
        changes.delete(List.of("/etc/gone", "etc/never", "/no/such", "", "/"), root);

        assertThat(root.resolve("etc/gone")).doesNotExist();
        assertThat(root.resolve("etc/old")).exists();
    }

    private void unpack(TarBuilder tar) throws Exception {
        changes.unpack(Files.write(directory.resolve("diff.tar"), tar.build()), root);
    }
}

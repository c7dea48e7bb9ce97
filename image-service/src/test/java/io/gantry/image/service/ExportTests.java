package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.testing.Compressed;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.testing.Privileges;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class ExportTests {
    private static final byte[] BASE = new TarBuilder()
            .directory("d")
            .file("d/lower", "lower")
            .file("gone", "gone")
            .directory("hidden")
            .file("hidden/lower", "lower")
            .build();
    /** Everything that a layer can have. */
    private static final byte[] TOP = new TarBuilder()
            .owner(1000, 1000)
            .mode(0751)
            .directory("d")
            .mode(04755)
            .pax("gid", "2500000")
            .file("d/setuid", "x".repeat(1000))
            .hardLink("d/again", "d/setuid")
            .mode(0644)
            .mtime(1_600_000_000)
            .pax("mtime", "1600000000.25")
            .pax("SCHILY.xattr.user.note", "kept")
            .file("d/attributes", "a")
            .symlink("link", "../../etc/passwd")
            .fifo("pipe")
            .character("null", 1, 3)
            .file(".wh.gone", "")
            .directory("hidden")
            .file("hidden/.wh..wh..opq", "")
            .file("hidden/upper", "upper")
            .file("implied/" + "n".repeat(120) + "/é", "utf-8")
            .build();

    private ServiceFixture fixture;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
        fixture = new ServiceFixture();
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    private TestImage pulled(String name) throws InterruptedException {
        TestImage image = TestImage.oci().gzipLayer(BASE).zstdLayer(TOP).build();
        fixture.registry.put(name, image);
        fixture.service.pull(PullRequest.of(name));
        return image;
    }

    private byte[] export(ArchiveFormat format, String... images) throws InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        fixture.service.exportArchive(List.of(images), format, out);
        return out.toByteArray();
    }

    /** Names, types, owners, modes, times and contents of the whole root file system, as tar shows them. */
    private String shown(String image) throws Exception {
        Path target = fixture.mountPoint("shown");
        fixture.service.prepareRootfs("shown", image, target, RootfsOptions.WRITABLE);
        try {
            Process find = new ProcessBuilder(
                            "find", target.toString(), "-mindepth", "1", "-printf", "%P %y %m %U %G %n %l %s\\n")
                    .start();
            String names = new String(find.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String contents = Files.readString(target.resolve("hidden/upper"))
                    + Files.readString(target.resolve("d/attributes"))
                    + Files.getLastModifiedTime(target.resolve("d/attributes"))
                    + new String(
                            JnaSyscalls.instance()
                                    .lgetxattr(target.resolve("d/attributes").toString(), "user.note"),
                            StandardCharsets.UTF_8);
            return names.lines().sorted().toList() + contents;
        } finally {
            fixture.service.removeRootfs("shown", target);
        }
    }

    @ParameterizedTest
    @EnumSource(ArchiveFormat.class)
    void whatIsExportedAndImportedIsTheSameRootFileSystem(ArchiveFormat format) throws Exception {
        pulled("r.io/a:1");
        String before = shown("r.io/a:1");
        assertThat(before)
                .contains("d/setuid f 4755 1000 2500000 2", "hidden/upper")
                .doesNotContain("gone", "hidden/lower");

        byte[] archive = export(format, "r.io/a:1");
        byte[] again = export(format, "r.io/a:1");
        assertThat(again).isEqualTo(archive);
        fixture.service.remove("r.io/a:1");

        Image imported = fixture.service
                .importArchive(new ByteArrayInputStream(Compressed.gzip(archive)), "a test", null)
                .getFirst();
        assertThat(imported.repoTags()).containsExactly("r.io/a:1");
        assertThat(shown("r.io/a:1")).isEqualTo(before);
        assertThat(fixture.names(".")).noneMatch(name -> name.startsWith(".import"));

        // Once it is made of Gantry's own streams, nothing changes any more.
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ExportedImage second =
                fixture.service.exportArchive(List.of("r.io/a:1"), format, out).getFirst();
        assertThat(second.isUnchanged()).isTrue();
        assertThat(second.archiveId()).isEqualTo(imported.id());
        assertThat(out.toByteArray()).isEqualTo(archive);
    }

    @Test
    void anIdThatChangesIsTold() throws Exception {
        TestImage image = pulled("r.io/a:1");

        ExportedImage exported = fixture.service
                .exportArchive(List.of(image.id()), ArchiveFormat.OCI, OutputStream.nullOutputStream())
                .getFirst();

        assertThat(exported.id()).isEqualTo(image.id());
        assertThat(exported.isUnchanged()).isFalse();
        assertThat(exported.names()).containsExactly("r.io/a:1");
    }

    @Test
    void severalImagesShareTheirLayers() throws Exception {
        pulled("r.io/a:1");
        TestImage other =
                TestImage.oci().gzipLayer(BASE).zstdLayer(TOP).label("b").build();
        fixture.registry.put("r.io/b:2", other);
        fixture.service.pull(PullRequest.of("r.io/b:2"));

        byte[] one = export(ArchiveFormat.OCI, "r.io/a:1");
        byte[] both = export(ArchiveFormat.OCI, "r.io/a:1", "r.io/b:2");

        assertThat(both.length - one.length).isLessThan(10_000);
        fixture.service.remove("r.io/a:1");
        fixture.service.remove("r.io/b:2");
        assertThat(fixture.service.importArchive(new ByteArrayInputStream(both), "a test", null))
                .extracting(image -> image.repoTags().getFirst())
                .containsExactly("r.io/a:1", "r.io/b:2");
    }

    @ParameterizedTest
    @EnumSource(ArchiveFormat.class)
    void skopeoReadsWhatIsExported(ArchiveFormat format) throws Exception {
        String skopeo = Privileges.assumeProgram("skopeo");
        pulled("r.io/a:1");
        Path archive = Files.write(fixture.directories.root().resolve("out.tar"), export(format, "r.io/a:1"));
        String source = format == ArchiveFormat.OCI ? "oci-archive:" + archive + ":1" : "docker-archive:" + archive;
        Process copy = new ProcessBuilder(skopeo, "copy", source, "dir:" + fixture.directories.dir("copied"))
                .redirectErrorStream(true)
                .start();
        String output = new String(copy.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(copy.waitFor()).as(output).isZero();
    }

    @Test
    void whatCannotBeExportedIsSaid() throws Exception {
        pulled("r.io/a:1");
        assertThatThrownBy(() -> export(ArchiveFormat.OCI, "r.io/none:1"))
                .isInstanceOf(GantryException.class)
                .hasMessage("export images r.io/none:1: image r.io/none:1 is not on this node;"
                        + " 'gantry image list' shows those there are");
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        assertThatThrownBy(() -> fixture.service.exportArchive(List.of("r.io/a:1"), ArchiveFormat.OCI, full))
                .isInstanceOf(GantryException.class)
                .hasMessage("export images r.io/a:1: No space left on device");
    }

    @Test
    void aDamagedLayerIsNotExported() throws Exception {
        pulled("r.io/a:1");
        byte[] unused = export(ArchiveFormat.OCI, "r.io/a:1");
        String layer = fixture.names("layers").getFirst();
        Path fs = fixture.root.resolve("layers").resolve(layer).resolve("fs");
        Files.writeString(fs.resolve("added"), "added");

        assertThatThrownBy(() -> export(ArchiveFormat.OCI, "r.io/a:1"))
                .isInstanceOf(GantryException.class)
                .hasMessageStartingWith("export images r.io/a:1: ");
        assertThat(unused).isNotEmpty();
    }
}

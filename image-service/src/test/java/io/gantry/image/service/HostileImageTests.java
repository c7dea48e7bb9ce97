package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.reference.Digest;
import io.gantry.image.testing.Compressed;
import io.gantry.image.testing.GuardedFiles;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whole images that are out to do harm, pulled, mounted and imported as the daemon does it, with the host's own files
 * under guard. The number is that of the vulnerability that the trick is known from, in whichever runtime it was.
 */
@Timeout(180)
class HostileImageTests {
    private static final long LIMIT = 32 << 20;

    private ServiceFixture fixture;
    private GuardedFiles host;
    private Map<String, String> before;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
        fixture = new ServiceFixture();
        fixture.config = fixture.config(new ExtractionLimits(LIMIT, 10_000), List.of(), 4);
        fixture.restart();
        fixture.directories.file("beside/secret", "secret");
        host = GuardedFiles.ofTheHost().tree(fixture.directories.root().resolve("beside"));
        before = host.snapshot();
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    private void assertHostUntouched(String trick) {
        assertThat(GuardedFiles.changes(before, host.snapshot())).as(trick).isEmpty();
    }

    private static TarBuilder tar() {
        return new TarBuilder();
    }

    /** Layers that may come in, since everything they do stays inside. */
    private static Map<String, List<byte[]>> contained() {
        Map<String, List<byte[]>> tricks = new LinkedHashMap<>();
        tricks.put(
                "CVE-2014-6407: a link up and out, then a file through it",
                List.of(tar().symlink("up", "../../../../../../../..")
                        .file("up/etc/gantry-evil", "x")
                        .build()));
        tricks.put(
                "CVE-2014-9356: an absolute link, then a file through it",
                List.of(tar().symlink("abs", "/etc")
                        .file("abs/gantry-evil", "x")
                        .build()));
        tricks.put(
                "names that go up",
                List.of(tar().file("../../../../etc/gantry-evil", "x").build()));
        tricks.put("absolute names", List.of(tar().file("/etc/gantry-evil", "x").build()));
        tricks.put(
                "links in a chain, each harmless by itself",
                List.of(tar().symlink("a", "b/..")
                        .symlink("b", "c/..")
                        .symlink("c", "/..")
                        .file("a/etc/gantry-evil", "x")
                        .build()));
        tricks.put(
                "CVE-2021-32760: mode and owner through a link",
                List.of(tar().symlink("p", "/etc/passwd")
                        .hardLink("h", "p")
                        .mode(0777)
                        .owner(65534, 65534)
                        .file("h", "x")
                        .build()));
        tricks.put(
                "attributes of a directory that became a link",
                List.of(tar().mode(0777)
                        .owner(65534, 65534)
                        .mtime(1)
                        .directory("d")
                        .symlink("d", "/etc")
                        .build()));
        tricks.put(
                "a whiteout through a link",
                List.of(tar().symlink("d", "/etc").file("d/.wh.passwd", "").build()));
        tricks.put(
                "an opaque mark through a link",
                List.of(tar().symlink("d", "/etc").file("d/.wh..wh..opq", "").build()));
        tricks.put(
                "a link in one layer, a file through it in the next",
                List.of(
                        tar().symlink("d", "/etc").build(),
                        tar().file("d/gantry-evil", "x").build()));
        tricks.put(
                "CVE-2024-9676: passwd is a link out of the image",
                List.of(tar().directory("etc")
                        .symlink("etc/passwd", "../../../../../../../etc/shadow")
                        .symlink("etc/group", "/proc/self/root/etc/group")
                        .build()));
        tricks.put(
                "a pipe that somebody must not wait at",
                List.of(tar().fifo("p")
                        .file("p", "x")
                        .fifo("q")
                        .hardLink("r", "q")
                        .build()));
        tricks.put(
                "a device that must not be written to",
                List.of(tar().block("disk", 7, 250)
                        .file("disk", "x")
                        .character("k", 1, 2)
                        .hardLink("m", "k")
                        .build()));
        tricks.put(
                "attributes that steer overlayfs",
                List.of(
                        tar().directory("etc").file("etc/a", "a").build(),
                        tar().pax("SCHILY.xattr.trusted.overlay.redirect", "/../../../../etc")
                                .directory("etc")
                                .pax("SCHILY.xattr.trusted.overlay.metacopy", "")
                                .file("meta", "x")
                                .pax("SCHILY.xattr.user.overlay.redirect", "/etc")
                                .directory("u")
                                .build()));
        tricks.put(
                "the same name as file, directory, link and file",
                List.of(tar().file("n", "x")
                        .directory("n")
                        .file("n/f", "x")
                        .symlink("n", "/etc")
                        .file("n/gantry-evil", "x")
                        .file("n", "last")
                        .build()));
        tricks.put(
                "CVE-2021-29136: the root is a link",
                List.of(tar().symlink("./", "/etc").file("gantry-evil", "x").build()));
        tricks.put(
                "the magic links of proc",
                List.of(tar().symlink("cwd", "/proc/self/cwd")
                        .symlink("fd", "/proc/self/fd/0")
                        .file("cwd/gantry-evil", "x")
                        .build()));
        return tricks;
    }

    @Test
    void whatIsLetInStaysInside() throws Exception {
        int number = 0;
        for (Map.Entry<String, List<byte[]>> trick : contained().entrySet()) {
            TestImage image = TestImage.oci().label("trick-" + ++number);
            trick.getValue().forEach(image::gzipLayer);
            fixture.registry.put("r.io/evil:" + number, image.build());
            Path target = fixture.mountPoint("m" + number);
            try {
                fixture.service.pull(PullRequest.of("r.io/evil:" + number));
                fixture.service.prepareRootfs("m" + number, "r.io/evil:" + number, target, RootfsOptions.WRITABLE);
                Files.writeString(target.resolve("written"), "inside");
                fixture.service.removeRootfs("m" + number, target);
                fixture.service.remove("r.io/evil:" + number);
            } catch (GantryException e) {
                // Refused is as good; never a defect.
                assertThat(e.kind()).as(trick.getKey()).isNotEqualTo(io.gantry.platform.error.ErrorKind.INTERNAL);
            }
            assertHostUntouched(trick.getKey());
        }
    }

    private TestImage withLayer(byte[] blob, byte[] plain, String mediaType) {
        return TestImage.oci().layer(plain, blob, mediaType).build();
    }

    /** Images that must not come in. */
    private Map<String, TestImage> refused() {
        byte[] layer = tar().file("f", "x".repeat(5000)).build();
        String gzip = io.gantry.image.spec.MediaTypes.OCI_LAYER_GZIP;
        String zstd = io.gantry.image.spec.MediaTypes.OCI_LAYER_ZSTD;
        byte[] zeros = new byte[(int) LIMIT + (1 << 20)];
        byte[] bomb = tar().file("bomb", zeros).build();
        Map<String, TestImage> images = new LinkedHashMap<>();
        images.put("raise the limit #gzip bomb", withLayer(Compressed.gzip(bomb), bomb, gzip));
        images.put("raise the limit #zstd bomb", withLayer(Compressed.zstd(bomb), bomb, zstd));
        images.put(
                "raise the limit #padding bomb",
                withLayer(Compressed.gzip(Compressed.join(layer, zeros)), Compressed.join(layer, zeros), gzip));
        TarBuilder many = tar();
        for (int i = 0; i < 10_001; i++) {
            many.file("f" + i, "");
        }
        byte[] entries = many.build();
        images.put("more than 10000 entries", withLayer(Compressed.gzip(entries), entries, gzip));
        byte[] window = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x00, (byte) 0xA8, 1, 0, 0};
        images.put("pull layer #a window of 2 GiB", withLayer(window, layer, zstd));
        images.put("pull layer #no zstd", withLayer(new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD}, layer, zstd));
        byte[] whole = Compressed.gzip(layer);
        images.put("ends too early", withLayer(java.util.Arrays.copyOf(whole, whole.length / 2), layer, gzip));
        images.put("the layer is empty", withLayer(new byte[0], layer, gzip));
        images.put(
                "have the diffID",
                TestImage.oci().gzipLayer(layer).withWrongDiffId().build());
        images.put(
                "is not a digest #CVE-2024-3727",
                TestImage.oci()
                        .gzipLayer(layer)
                        .build()
                        .editManifest(text -> text.replaceFirst(
                                "sha256:[0-9a-f]{64}(?=\",\"size\":[0-9]+}])", "sha256:../../../../etc/passwd")));
        images.put(
                "read manifest #CVE-2021-41190: image and index at once",
                TestImage.oci()
                        .gzipLayer(layer)
                        .build()
                        .editManifest(text -> text.replaceFirst("\"config\"", "\"manifests\":[],\"config\"")));
        images.put(
                "size is not a size",
                TestImage.oci()
                        .gzipLayer(layer)
                        .build()
                        .editManifest(text -> text.replaceAll("\"size\":[0-9]+}]", "\"size\":-1}]")));
        images.put(
                "its manifest has 2 layers, its config 1",
                TestImage.oci()
                        .gzipLayer(layer)
                        .build()
                        .editManifest(text -> text.replaceAll("\"layers\":\\[(.*)]", "\"layers\":[$1,$1]")));
        return images;
    }

    @Test
    void whatIsRefusedLeavesNothing() {
        refused().forEach((problem, image) -> {
            fixture.registry.put("r.io/evil:1", image);
            assertThat(catchThrowable(() -> fixture.service.pull(PullRequest.of("r.io/evil:1"))))
                    .as(problem)
                    .isInstanceOf(GantryException.class)
                    .hasMessageContaining(problem.replaceAll(" #.*", ""));
            assertThat(fixture.service.list(null)).as(problem).isEmpty();
            assertThat(fixture.names("layers").stream().filter(name -> !name.startsWith(".")))
                    .as(problem)
                    .isEmpty();
            assertHostUntouched(problem);
        });
    }

    @Test
    void archivesThatPointElsewhereAreRefused() throws Exception {
        byte[] layer = tar().file("f", "x").build();
        TestImage image = TestImage.docker().plainLayer(layer).build();
        byte[] config = java.util.Objects.requireNonNull(image.blobs().get(Digest.parse(image.id())));
        Map<String, byte[]> archives = new LinkedHashMap<>();
        archives.put(
                "has no file ../../../../etc/passwd",
                tar().file(
                                "manifest.json",
                                "[{\"Config\":\"../../../../etc/passwd\",\"RepoTags\":[\"a:1\"],\"Layers\":[]}]")
                        .build());
        archives.put(
                "has no file l.tar",
                tar().symlink("l.tar", "/etc/passwd")
                        .file("c.json", config)
                        .file(
                                "manifest.json",
                                "[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\"],\"Layers\":[\"l.tar\"]}]")
                        .build());
        archives.put(
                "read image name",
                tar().file("l.tar", layer)
                        .file("c.json", config)
                        .file(
                                "manifest.json",
                                "[{\"Config\":\"c.json\",\"RepoTags\":[\"../../etc:1\"],\"Layers\":[\"l.tar\"]}]")
                        .build());
        archives.put(
                "too long for a document #CVE-2023-25153",
                tar().file("index.json", new byte[9 << 20]).build());
        archives.put(
                "bytes #bomb",
                Compressed.gzip(tar().file("x", new byte[(int) LIMIT + 4096]).build()));
        for (Map.Entry<String, byte[]> archive : archives.entrySet()) {
            assertThat(catchThrowable(() -> fixture.service.importArchive(
                            new ByteArrayInputStream(archive.getValue()), "a test", null)))
                    .as(archive.getKey())
                    .isInstanceOf(GantryException.class)
                    .hasMessageContaining(archive.getKey().replaceAll(" #.*", ""));
            assertThat(fixture.service.list(null)).isEmpty();
            assertThat(fixture.names("layers").stream().filter(name -> !name.startsWith(".")))
                    .isEmpty();
        }
        assertHostUntouched("archives");
    }

    @Test
    void aUserNumberThatOverflowsIsNotRoot() {
        // CVE-2024-40635
        assertThat(ImageUser.of("4294967296")).isEqualTo(new ImageUser(null, "4294967296"));
        assertThat(ImageUser.of("4294967295:0").uid()).isEqualTo(4_294_967_295L);
        assertThat(ImageUser.of("-1")).isEqualTo(new ImageUser(null, "-1"));
    }

    @Test
    void theGuardSeesAChange() throws Exception {
        Path secret = fixture.directories.root().resolve("beside/secret");
        Files.write(secret, "changed".getBytes(StandardCharsets.UTF_8));

        assertThat(host.snapshot()).isNotEqualTo(before);
        assertThat(Files.exists(secret, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
}

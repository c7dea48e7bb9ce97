package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.image.tree.TreeUsage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.testing.Privileges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ImageServiceTests {
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

    private static byte[] tar(String name, String content) {
        return new TarBuilder().file(name, content).build();
    }

    private Image pull(String name, TestImage image) throws InterruptedException {
        fixture.registry.put(name, image);
        return fixture.service.pull(PullRequest.of(name)).image();
    }

    @Test
    void aRootFileSystemShowsTheLayersAndTakesChanges() throws Exception {
        Image image = pull(
                "r.io/app:1",
                TestImage.oci()
                        .gzipLayer(new TarBuilder()
                                .directory("etc")
                                .file("etc/old", "1")
                                .file("etc/gone", "1")
                                .directory("opt")
                                .file("opt/hidden", "1")
                                .build())
                        .zstdLayer(new TarBuilder()
                                .directory("etc")
                                .file("etc/old", "2")
                                .file("etc/.wh.gone", "")
                                .directory("opt")
                                .file("opt/.wh..wh..opq", "")
                                .file("opt/new", "2")
                                .build())
                        .build());
        Path one = fixture.mountPoint("one");
        RootFilesystem rootfs = fixture.service.prepareRootfs("one", image.id(), one, RootfsOptions.WRITABLE);
        fixture.service.prepareRootfs("two", image.id(), fixture.mountPoint("two"), RootfsOptions.WRITABLE);

        assertThat(rootfs.mountPoint()).isEqualTo(one);
        assertThat(one.resolve("etc/old")).hasContent("2");
        assertThat(one.resolve("etc/gone")).doesNotExist();
        assertThat(one.resolve("opt/hidden")).doesNotExist();
        assertThat(one.resolve("opt/new")).hasContent("2");
        Files.writeString(one.resolve("etc/written"), "x".repeat(100_000));
        assertThat(fixture.mountPoint("two").resolve("etc/written")).doesNotExist();
        assertThat(fixture.service.usage("one").orElseThrow().bytes()).isGreaterThan(100_000);
        assertThat(fixture.service.usage("none")).isEmpty();
        assertThat(fixture.service.snapshotKeys()).containsExactly("one", "two");

        for (int i = 0; i < 2; i++) {
            fixture.service.removeRootfs("one", one);
            fixture.service.removeRootfs("two", fixture.mountPoint("two"));
        }
        assertThat(fixture.mounts.under(fixture.directories.root())).isEmpty();
        assertThat(fixture.names("snapshots")).isEmpty();
        assertThat(fixture.names("layers")).hasSize(2);
    }

    @Test
    void readOnlyMountsOfZeroOneAndMoreLayers() throws Exception {
        TestImage image = TestImage.oci();
        for (int layers = 0; layers <= 2; layers++) {
            Image pulled = pull("r.io/app:" + layers, image.build());
            String key = "rw" + layers;
            Path writable = fixture.mountPoint(key);
            fixture.service.prepareRootfs(key, pulled.id(), writable, RootfsOptions.WRITABLE);
            Path target = fixture.service.mountImage(key, pulled.id(), fixture.mountPoint("ro" + layers), null);

            assertThatThrownBy(() -> Files.writeString(target.resolve("x"), "x"))
                    .isInstanceOf(java.nio.file.FileSystemException.class);
            Files.writeString(writable.resolve("x"), "x");
            if (layers > 0) {
                assertThat(target.resolve("f" + (layers - 1))).hasContent("x");
                assertThat(target.resolve("gone")).doesNotExist();
            }
            image.gzipLayer(new TarBuilder()
                    .file("f" + layers, "x")
                    .file(".wh.gone", "")
                    .build());
        }
    }

    @Test
    void aHundredAndTwentyEightLayers() throws Exception {
        TestImage image = TestImage.oci();
        for (int i = 0; i < 128; i++) {
            image.gzipLayer(tar("f" + i, "x" + i));
        }
        Image pulled = pull("r.io/tall:1", image.build());
        Path target = fixture.mountPoint("tall");
        fixture.service.prepareRootfs("tall", pulled.id(), target, RootfsOptions.WRITABLE);

        assertThat(target.resolve("f0")).hasContent("x0");
        assertThat(target.resolve("f127")).hasContent("x127");
        fixture.service.removeRootfs("tall", target);
        fixture.service.remove(pulled.id());
        assertThat(fixture.names("layers")).isEmpty();
    }

    @Test
    void directoriesThatALayerOnlyImpliesKeepTheirAttributes() throws Exception {
        Image image = pull(
                "r.io/app:1",
                TestImage.oci()
                        .gzipLayer(new TarBuilder()
                                .mode(01777)
                                .directory("tmp")
                                .mode(0750)
                                .owner(5, 6)
                                .directory("srv")
                                .directory("srv/data")
                                .mode(0700)
                                .directory("hidden")
                                .build())
                        .gzipLayer(new TarBuilder()
                                .file("tmp/f", "x")
                                .file("srv/data/f", "x")
                                .file("hidden/.wh..wh..opq", "")
                                .file("hidden/f", "x")
                                .file("plain/f", "x")
                                .build())
                        .build());
        fixture.service.prepareRootfs("rw", image.id(), fixture.mountPoint("rw"), RootfsOptions.WRITABLE);
        assertThat(fixture.service.mountImage("rw", image.id(), fixture.mountPoint("ro"), null))
                .isEqualTo(fixture.mountPoint("ro"));

        for (String key : List.of("rw", "ro")) {
            Path root = fixture.mountPoint(key);
            assertThat(status(root.resolve("tmp")).permissions()).isEqualTo(01777);
            assertThat(status(root.resolve("srv")).permissions()).isEqualTo(0750);
            assertThat(status(root.resolve("srv/data")).uid()).isEqualTo(5);
            assertThat(status(root.resolve("hidden")).permissions()).isEqualTo(0755);
            assertThat(status(root.resolve("plain")).permissions()).isEqualTo(0755);
            assertThat(root.resolve("tmp/f")).hasContent("x");
            assertThat(root.resolve("srv/data/f")).hasContent("x");
        }
    }

    private static FileStatus status(Path path) {
        return JnaSyscalls.instance().fstatat(LinuxConstants.AT_FDCWD, path.toString(), 0);
    }

    @Test
    void removeByAnyNameTakesAllNamesAndTheLayersNobodyElseHas() throws Exception {
        byte[] shared = tar("shared", "x");
        TestImage app =
                TestImage.oci().gzipLayer(shared).gzipLayer(tar("own", "x")).build();
        Image image = pull("r.io/app:1", app);
        pull("r.io/app:2", app);
        pull("r.io/other:1", TestImage.oci().gzipLayer(shared).label("other").build());
        assertThat(fixture.service.find("r.io/app:2").orElseThrow().repoTags())
                .containsExactly("r.io/app:1", "r.io/app:2");

        fixture.service.remove("r.io/app:2");
        fixture.service.remove("r.io/app:2");
        fixture.service.remove("never-there");

        assertThat(fixture.service.find("r.io/app:1")).isEmpty();
        assertThat(fixture.service.list(image.id())).isEmpty();
        assertThat(fixture.names("layers")).hasSize(1);
        fixture.service.remove("r.io/other:1");
        assertThat(fixture.names("layers")).isEmpty();
        assertThat(fixture.names("images")).isEmpty();
        assertThat(fixture.service.imageFsUsage().usedBytes()).isZero();
    }

    @Test
    void layersThatImagesShareCountOnceInTheDiskUsage() throws Exception {
        byte[] shared = new TarBuilder()
                .directory("usr")
                .directory("usr/bin")
                .file("usr/bin/big", "b".repeat(1_000_001))
                .file("usr/bin/small", "s")
                .file("usr/bin/none", "")
                .symlink("usr/bin/link", "big")
                .build();
        pull(
                "r.io/one:1",
                TestImage.oci().gzipLayer(shared).gzipLayer(tar("one", "1")).build());
        pull(
                "r.io/two:1",
                TestImage.oci()
                        .gzipLayer(shared)
                        .gzipLayer(new TarBuilder()
                                .file("deep/below/two", "2")
                                .file(".wh.usr", "")
                                .build())
                        .build());

        FsUsage usage = fixture.service.imageFsUsage();

        assertThat(fixture.names("layers")).hasSize(3);
        long inodes = 0;
        long bytes = 0;
        TreeUsage allocated = TreeUsage.NONE;
        for (String layer : fixture.names("layers")) {
            Path files = fixture.root.resolve("layers").resolve(layer).resolve("fs");
            TreeUsage walked = TreeUsage.measure(JnaSyscalls.instance(), files);
            allocated = new TreeUsage(allocated.bytes() + walked.bytes(), allocated.inodes() + walked.inodes());
            try (Stream<Path> tree = Files.walk(files)) {
                for (Path path : tree.toList()) {
                    inodes++;
                    bytes += blocks(path);
                }
            }
        }
        assertThat(usage.inodesUsed()).isEqualTo(inodes).isEqualTo(allocated.inodes());
        assertThat(usage.usedBytes()).isEqualTo(bytes);
        // File systems differ in what a directory, a link and a node take; the files are most of it everywhere.
        assertThat(usage.usedBytes()).isCloseTo(allocated.bytes(), withinPercentage(10));
    }

    /** Whole blocks of files, one for each directory. */
    private static long blocks(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            return 4096;
        }
        return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? (Files.size(path) + 4095) / 4096 * 4096 : 0;
    }

    @Test
    void concurrentRemovesAllSucceed() throws Exception {
        pull("r.io/app:1", TestImage.oci().gzipLayer(tar("a", "x")).build());
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    fixture.service.remove("r.io/app:1");
                } catch (Throwable e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(fixture.names("layers")).isEmpty();
    }

    @Test
    void layersOfARootFileSystemOutliveTheImage() throws Exception {
        Image image =
                pull("r.io/app:1", TestImage.oci().gzipLayer(tar("a", "x")).build());
        Path target = fixture.mountPoint("one");
        fixture.service.prepareRootfs("one", image.id(), target, RootfsOptions.WRITABLE);

        fixture.service.remove("r.io/app:1");
        assertThat(target.resolve("a")).hasContent("x");
        fixture.restart();
        assertThat(target.resolve("a")).hasContent("x");
        assertThat(fixture.names("layers")).hasSize(1);

        fixture.service.removeRootfs("one", target);
        assertThat(fixture.names("layers")).isEmpty();
    }

    @Test
    void everythingIsThereAfterARestartAndMountsAgainAfterAReboot() throws Exception {
        Image image =
                pull("r.io/app:1", TestImage.oci().gzipLayer(tar("a", "x")).build());
        Path target = fixture.mountPoint("one");
        fixture.service.prepareRootfs("one", image.id(), target, RootfsOptions.WRITABLE);
        Files.writeString(target.resolve("written"), "kept");
        fixture.restart();
        assertThat(fixture.service.list(null)).containsExactly(image);
        assertThat(fixture.service.snapshotKeys()).containsExactly("one");

        fixture.service.remountRootfs("one", target);
        assertThat(fixture.mounts.under(target)).hasSize(1);
        fixture.mounts.unmount(target);
        fixture.service.remountRootfs("one", target);
        assertThat(target.resolve("a")).hasContent("x");
        assertThat(target.resolve("written")).hasContent("kept");
        assertThatThrownBy(() -> fixture.service.remountRootfs("none", target))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
    }

    @Test
    void anImageThatLostALayerIsForgotten() throws Exception {
        pull("r.io/app:1", TestImage.oci().gzipLayer(tar("a", "x")).build());
        Path layer =
                fixture.root.resolve("layers").resolve(fixture.names("layers").getFirst());
        Files.delete(layer.resolve("layer.json"));
        fixture.restart();

        assertThat(fixture.service.list(null)).isEmpty();
        fixture.service.pull(PullRequest.of("r.io/app:1"));
        assertThat(fixture.service.list(null)).hasSize(1);
    }

    @Test
    void leftoversOfAKilledProcessAreSweptAtStart() throws Exception {
        Files.createDirectories(fixture.root.resolve("layers/.new-1/fs/x"));
        Files.createDirectories(fixture.root.resolve("snapshots/.gone-1/fs/x"));
        Files.createDirectories(fixture.root.resolve("snapshots/half/fs"));
        fixture.restart();
        fixture.service.close();

        assertThat(fixture.names("layers")).isEmpty();
        assertThat(fixture.names("snapshots")).isEmpty();
    }

    @Test
    void badRequestsAreNamedAndLeaveNothing() throws Exception {
        Image image =
                pull("r.io/app:1", TestImage.oci().gzipLayer(tar("a", "x")).build());
        Path target = fixture.mountPoint("one");
        assertThatThrownBy(() -> fixture.service.prepareRootfs("one", "r.io/no:1", target, RootfsOptions.WRITABLE))
                .hasMessage("prepare root file system one: image r.io/no:1 is not on this node; pull it first");
        assertThatThrownBy(() -> fixture.service.prepareRootfs("../x", image.id(), target, RootfsOptions.WRITABLE))
                .hasMessageContaining("not a valid key");
        fixture.service.prepareRootfs("one", image.id(), target, RootfsOptions.WRITABLE);
        assertThatThrownBy(() -> fixture.service.prepareRootfs("one", image.id(), target, RootfsOptions.WRITABLE))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.ALREADY_EXISTS));
        Path file = fixture.directories.file("mnt/file", "");
        assertThatThrownBy(() -> fixture.service.prepareRootfs("two", image.id(), file, RootfsOptions.WRITABLE))
                .isInstanceOf(GantryException.class);
        assertThat(fixture.names("snapshots")).containsExactly("one");
        assertThatThrownBy(() -> fixture.service.require("r.io/no:1", "create container web"))
                .hasMessageStartingWith("create container web: image r.io/no:1 is not on this node");
    }

    @Test
    void usersAndPins() throws Exception {
        fixture.config =
                fixture.config(ExtractionLimits.DEFAULT, List.of("busybox:1", "registry.k8s.io/*", "*precious*"), 4);
        fixture.restart();
        Image numeric = pull("busybox:1", TestImage.oci().user("1002").build());
        Image named = pull(
                "registry.k8s.io/pause:3", TestImage.oci().user("www-data:1004").build());
        Image none = pull("r.io/a:1", TestImage.oci().user("").build());
        Image precious =
                pull("r.io/my-precious/a:1", TestImage.oci().user("4294967296").build());

        assertThat(numeric.uid()).isEqualTo(1002L);
        assertThat(numeric.username()).isEmpty();
        assertThat(named.uid()).isNull();
        assertThat(named.username()).isEqualTo("www-data");
        assertThat(none.uid()).isNull();
        assertThat(none.username()).isEmpty();
        assertThat(precious.username()).isEqualTo("4294967296");
        assertThat(List.of(numeric.pinned(), named.pinned(), none.pinned(), precious.pinned()))
                .containsExactly(true, true, false, true);
    }
}

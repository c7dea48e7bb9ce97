package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.testing.Privileges;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Layers and writable directories on file systems of their own. */
@Timeout(60)
class SplitStoreTests {
    private ServiceFixture fixture;
    private Path layers;
    private Path snapshots;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
        fixture = new ServiceFixture();
        layers = fixture.root.resolve("layers");
        snapshots = fixture.root.resolve("snapshots");
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    private void assertPlaces(Path images, Path containers) {
        assertThat(fixture.service.imageFsUsage().mountpoint()).isEqualTo(images);
        assertThat(fixture.service.containerFsUsage().mountpoint()).isEqualTo(containers);
    }

    @Test
    void oneFileSystemHasOneName() {
        assertPlaces(fixture.root, fixture.root);
    }

    @Test
    void layersOfTheirOwn() throws Exception {
        fixture.service.close();
        fixture.mounts.tmpfs(layers, "size=64m");
        Files.createDirectory(layers.resolve("lost+found"));
        fixture.service = fixture.open();
        assertPlaces(layers, fixture.root);

        fixture.registry.put(
                "r.io/app:1",
                TestImage.oci()
                        .gzipLayer(new TarBuilder().file("a", "x").build())
                        .build());
        fixture.service.pull(PullRequest.of("r.io/app:1"));
        Path target = fixture.mountPoint("m");
        fixture.service.prepareRootfs("m", "r.io/app:1", target, RootfsOptions.WRITABLE);
        Files.writeString(target.resolve("b"), "written");
        assertThat(target.resolve("a")).hasContent("x");
        fixture.restart();
        fixture.service.removeRootfs("m", target);
        fixture.service.remove("r.io/app:1");
        assertThat(fixture.names("layers")).containsExactly("lost+found");
    }

    @Test
    void writableDirectoriesOfTheirOwn() {
        fixture.service.close();
        fixture.mounts.tmpfs(snapshots, "size=64m");
        fixture.service = fixture.open();
        assertPlaces(fixture.root, snapshots);
    }

    @Test
    void eachItsOwn() {
        fixture.service.close();
        fixture.mounts.tmpfs(layers, "size=64m");
        fixture.mounts.tmpfs(snapshots, "size=64m");
        fixture.service = fixture.open();
        assertPlaces(layers, snapshots);
    }

    @Test
    void bothTogetherOnAnother() throws Exception {
        fixture.service.close();
        Path disk = fixture.directories.dir("disk");
        fixture.mounts.tmpfs(disk, "size=64m");
        for (Path store : new Path[] {layers, snapshots}) {
            Path name = disk.resolve(store.getFileName().toString());
            Files.createDirectory(name);
            fixture.mounts.bind(name, store, false, false);
        }
        fixture.service = fixture.open();
        assertPlaces(layers, layers);
    }
}

package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Images that containers mount beside their own. */
@Timeout(120)
class ImageMountTests {
    private ServiceFixture fixture;
    private Image app;
    private Image data;

    @BeforeEach
    void setUp() throws Exception {
        Privileges.assumeOverlay();
        fixture = new ServiceFixture();
        app = pull("r.io/app:1", "app");
        data = pull("r.io/data:1", "data");
        fixture.service.prepareRootfs("one", app.id(), fixture.mountPoint("one"), RootfsOptions.WRITABLE);
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    private Image pull(String name, String file) throws InterruptedException {
        fixture.registry.put(
                name,
                TestImage.oci()
                        .gzipLayer(new TarBuilder().file(file, "x").build())
                        .build());
        return fixture.service.pull(PullRequest.of(name)).image();
    }

    @Test
    void anImageIsMountedOnceForAContainerAndGoesWithIt() throws Exception {
        Path first = fixture.service.mountImage("one", data.id(), fixture.mountPoint("a"), null);
        Path again = fixture.service.mountImage("one", "r.io/data:1", fixture.mountPoint("b"), null);
        Path own = fixture.service.mountImage("one", app.id(), fixture.mountPoint("c"), null);

        assertThat(again).isEqualTo(first).isEqualTo(fixture.mountPoint("a"));
        assertThat(first.resolve("data")).hasContent("x");
        assertThat(own.resolve("app")).hasContent("x");
        assertThatThrownBy(() -> Files.writeString(first.resolve("new"), "x"))
                .isInstanceOf(java.nio.file.FileSystemException.class);
        assertThat(fixture.service.snapshotKeys()).containsExactly("one");

        fixture.service.removeRootfs("one", fixture.mountPoint("one"));
        assertThat(fixture.mounts.under(fixture.directories.root())).isEmpty();
        assertThat(fixture.names("snapshots")).isEmpty();
    }

    @Test
    void anImageThatIsRemovedKeepsItsLayersWhileMountedAlsoAfterARestart() throws Exception {
        Path mounted = fixture.service.mountImage("one", data.id(), fixture.mountPoint("a"), null);
        fixture.service.remove(data.id());
        fixture.restart();

        assertThat(mounted.resolve("data")).hasContent("x");
        assertThat(fixture.names("layers")).hasSize(2);
        assertThat(fixture.service.snapshotKeys()).containsExactly("one");

        fixture.service.removeRootfs("one", fixture.mountPoint("one"));
        assertThat(fixture.names("layers")).hasSize(1);
        assertThat(fixture.names("snapshots")).isEmpty();
        assertThat(fixture.mounts.under(fixture.directories.root())).isEmpty();
    }

    @Test
    void whatCannotBeMountedLeavesNothing() {
        Path target = fixture.mountPoint("a");
        assertThatThrownBy(() -> fixture.service.mountImage("none", data.id(), target, null))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
                .hasMessageContaining("there is no root file system of that key");
        assertThatThrownBy(() -> fixture.service.mountImage("one", "r.io/other:1", target, null))
                .hasMessageContaining("image r.io/other:1 is not on this node");
        assertThat(fixture.names("snapshots")).containsExactly("one");
        assertThat(target).doesNotExist();
    }
}

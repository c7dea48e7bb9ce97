package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.state.Container;
import io.gantry.pod.testing.PodBed;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Images that are mounted into containers, on real parts. */
@Timeout(120)
class ImageVolumeTests {
    private PodBed bed;
    private String sandbox;

    @BeforeEach
    void setUp() throws Exception {
        bed = PodBed.create();
        sandbox = bed.run("images");
    }

    @AfterEach
    void tearDown() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    static ContainerMount imageMount(String image, String path, String subPath, String... options) {
        return new ContainerMount(
                path,
                "",
                true,
                false,
                ContainerMount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                false,
                new ImageSpec(image, Map.of(), "", "", ""),
                subPath,
                List.of(options));
    }

    private String create(String script, ContainerMount... mounts) throws InterruptedException {
        return bed.pods()
                .containers()
                .create(sandbox, bed.container("c", script).withMounts(List.of(mounts)), bed.sandbox("ignored"));
    }

    @Test
    void anImageAndADirectoryOfItAreMountedReadOnlyAndGoWithTheContainer() throws Exception {
        String id = create(
                "ls /whole; ls /part | busybox head -n1; touch /whole/x || echo read-only;"
                        + " /part/true && echo runs; /noexec/true || echo refused; sleep 1000",
                imageMount(PodBed.IMAGE, "/whole", ""),
                imageMount(PodBed.IMAGE, "/part", "bin"),
                imageMount(PodBed.IMAGE, "/noexec", "bin/../bin", "noexec"));
        bed.pods().containers().start(id);
        PodBed.await(() -> log().contains("refused"), "the container's output");
        assertThat(log()).contains("bin", "busybox", "read-only", "runs", "refused");

        Container container = bed.pods().containers().status(id);
        String imageId = bed.images().require(PodBed.IMAGE, "test").id();
        assertThat(container.config().mounts()).allSatisfy(mount -> {
            assertThat(mount.image()).isNotNull();
            assertThat(mount.image().image()).isEqualTo(PodBed.IMAGE);
            assertThat(mount.image().imageRef()).isEqualTo(imageId);
        });
        assertThat(bed.leftovers().stream().filter(left -> left.startsWith("mount ") && left.contains("/images/")))
                .hasSize(1);

        bed.restart();
        assertThat(bed.pods().containers().status(id).status().isRunning()).isTrue();
        assertThat(bed.pods()
                        .containers()
                        .execSync(id, List.of("/part/true"), java.time.Duration.ZERO)
                        .exitCode())
                .isZero();
        bed.images().remove(PodBed.IMAGE);
        assertThat(bed.pods()
                        .containers()
                        .execSync(id, List.of("/part/true"), java.time.Duration.ZERO)
                        .exitCode())
                .isZero();
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    private String log() {
        try {
            return bed.log("images", "c");
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsMissingIsToldToTheKubeletAndLeavesNothing() throws Exception {
        refused(
                ErrorKind.NOT_FOUND,
                "ImageVolumeMountFailed: mount image localhost/none:1 at /data of container c: image localhost/none:1 is"
                        + " not on this node",
                imageMount("localhost/none:1", "/data", ""));
        String mount = "ImageVolumeMountFailed: mount image " + PodBed.IMAGE + " at /data of container c: ";
        refused(ErrorKind.INVALID_ARGUMENT, mount + "it has no \"none\"", imageMount(PodBed.IMAGE, "/data", "none"));
        refused(
                ErrorKind.INVALID_ARGUMENT,
                mount + "\"bin/busybox\" is not a directory",
                imageMount(PodBed.IMAGE, "/data", "bin/busybox"));
        refused(
                ErrorKind.NOT_FOUND,
                mount + "no such handler",
                imageMount(PodBed.IMAGE, "/data", "").withImage(new ImageSpec(PodBed.IMAGE, Map.of(), "", "none", "")));
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    private void refused(ErrorKind kind, String message, ContainerMount mount) {
        assertThatThrownBy(() -> create("true", mount))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageStartingWith(message);
    }
}

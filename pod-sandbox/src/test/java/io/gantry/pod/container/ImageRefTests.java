package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.service.Image;
import io.gantry.image.service.ImageConfig;
import io.gantry.pod.config.ImageSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One config under two repositories, one of which has served it in two indexes. */
class ImageRefTests {
    private static final String ID = "sha256:" + "c".repeat(64);
    private static final String OLD = "sha256:" + "1".repeat(64);
    private static final String NEW = "sha256:" + "2".repeat(64);
    private static final List<String> DIGESTS =
            List.of("mirror.example/web@" + OLD, "docker.io/library/web@" + OLD, "docker.io/library/web@" + NEW);

    private static Image image(List<String> repoDigests) {
        return new Image(
                ID,
                List.of(),
                repoDigests,
                1,
                null,
                "",
                false,
                new ImageConfig(
                        "", List.of(), List.of(), List.of(), "", Set.of(), "", Map.of(), Set.of(), "linux", "amd64",
                        null),
                List.of(),
                Map.of(),
                null,
                Instant.EPOCH,
                "{}");
    }

    private static ImageSpec asked(String image, String userSpecified) {
        return new ImageSpec(image, Map.of(), userSpecified, "", "");
    }

    @ParameterizedTest
    @CsvSource({
        // The digest that the pod names, also beside a tag, in the short form and when it is not the latest.
        "docker.io/library/web@sha256:OLD, docker.io/library/web@sha256:OLD",
        "web:1@sha256:OLD, docker.io/library/web@sha256:OLD",
        "web@sha256:NEW, docker.io/library/web@sha256:NEW",
        // The latest of its repository.
        "web:1, docker.io/library/web@sha256:NEW",
        "mirror.example/web:2, mirror.example/web@sha256:OLD",
        // A digest that the repository did not have: still its repository.
        "mirror.example/web@sha256:NEW, mirror.example/web@sha256:OLD",
        // Nothing of what the pod means is known.
        "elsewhere.example/web:1, mirror.example/web@sha256:OLD",
        "docker.io/library/we:1, mirror.example/web@sha256:OLD",
        "NO NAME, mirror.example/web@sha256:OLD",
    })
    void isWhatThePodMeans(String name, String expected) {
        assertThat(ImageRef.of(image(DIGESTS), asked(ID, whole(name)))).isEqualTo(whole(expected));
        assertThat(ImageRef.of(image(DIGESTS), asked(whole(name), ""))).isEqualTo(whole(expected));
    }

    private static String whole(String name) {
        return name.replace("sha256:OLD", OLD).replace("sha256:NEW", NEW);
    }

    @Test
    void withOnlyAnIdItIsTheFirst() {
        assertThat(ImageRef.of(image(DIGESTS), asked(ID, ""))).isEqualTo(DIGESTS.getFirst());
        assertThat(ImageRef.of(image(DIGESTS), asked(ID.substring(7), ""))).isEqualTo(DIGESTS.getFirst());
    }

    @Test
    void anImageWithoutDigestsIsNamedByItsId() {
        assertThat(ImageRef.of(image(List.of()), asked("web:1", "web:1"))).isEqualTo(ID);
    }
}

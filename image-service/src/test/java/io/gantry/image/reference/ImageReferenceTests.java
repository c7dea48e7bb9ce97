package io.gantry.image.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageReferenceTests {
    private static final String HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    @ParameterizedTest
    @CsvSource({
        "busybox, docker.io/library/busybox:latest, busybox:latest",
        "busybox:1.36, docker.io/library/busybox:1.36, busybox:1.36",
        "library/busybox, docker.io/library/busybox:latest, busybox:latest",
        "docker.io/busybox, docker.io/library/busybox:latest, busybox:latest",
        "index.docker.io/busybox, docker.io/library/busybox:latest, busybox:latest",
        "team/app:2, docker.io/team/app:2, team/app:2",
        "docker.io/library/team/app:2, docker.io/library/team/app:2, library/team/app:2",
        "localhost/app, localhost/app:latest, localhost/app:latest",
        "localhost:5000/app, localhost:5000/app:latest, localhost:5000/app:latest",
        "myhost:5000/app:v1, myhost:5000/app:v1, myhost:5000/app:v1",
        "registry.k8s.io/pause:3.10, registry.k8s.io/pause:3.10, registry.k8s.io/pause:3.10",
        "Registry/app, Registry/app:latest, Registry/app:latest",
        "[::1]:5000/a/b__c.d--e:T, [::1]:5000/a/b__c.d--e:T, [::1]:5000/a/b__c.d--e:T",
    })
    void completesNamesAsDockerDoes(String given, String canonical, String familiar) {
        ImageReference reference = ImageReference.parse(given);
        assertThat(reference.canonical()).isEqualTo(canonical);
        assertThat(reference.familiar()).isEqualTo(familiar);
        assertThat(ImageReference.parse(canonical)).isEqualTo(reference);
        assertThat(ImageReference.parse(familiar)).isEqualTo(reference);
    }

    @Test
    void aDigestNeedsNoTagAndKeepsOne() {
        ImageReference both = ImageReference.parse("busybox:1@sha256:" + HEX);
        ImageReference only = ImageReference.parse("busybox@sha256:" + HEX);
        assertThat(both.tag()).isEqualTo("1");
        assertThat(both.canonical()).isEqualTo("docker.io/library/busybox:1@sha256:" + HEX);
        assertThat(only.tag()).isNull();
        assertThat(only.repoTag()).isNull();
        assertThat(only.repoDigest(Digest.parse("sha256:" + HEX))).isEqualTo("docker.io/library/busybox@sha256:" + HEX);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|it is empty",
                "Busybox|must be lower case",
                "host.io/Team/app|must be lower case",
                "busybox:|the tag must have",
                "busybox:.x|the tag must have",
                "busybox@sha256:12|64 lower-case hexadecimal digits",
                "busybox@md5:12|unsupported algorithm",
                "a//b|empty part",
                "a/|empty part",
                "/a|empty part",
                "a/../b|is not a repository name",
                "host.io:port/a|not a registry host name",
                "-host.io/a|not a registry host name",
                "http://host.io/a|not a registry host name",
                "a b|is not a repository name",
                HEX + "|an image id, not a name",
            })
    void saysWhatIsWrongWithAName(String given, String problem) {
        GantryException error = catchThrowableOfType(GantryException.class, () -> ImageReference.parse(given));
        assertThat(error.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(error).hasMessageContaining(problem);
    }

    @Test
    void controlCharactersDoNotReachMessages() {
        GantryException error =
                catchThrowableOfType(GantryException.class, () -> ImageReference.parse("a\nb\u001b[31m"));
        assertThat(error.getMessage()).doesNotContain("\n", "\u001b");
    }

    @Test
    void longNamesAreRefused() {
        GantryException error =
                catchThrowableOfType(GantryException.class, () -> ImageReference.parse("host.io/" + "a".repeat(256)));
        assertThat(error).hasMessageContaining("longer than 255");
        GantryException huge =
                catchThrowableOfType(GantryException.class, () -> ImageReference.parse("a/".repeat(100_000)));
        assertThat(huge.getMessage()).hasSizeLessThan(400);
    }
}

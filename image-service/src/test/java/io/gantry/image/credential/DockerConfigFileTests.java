package io.gantry.image.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerConfigFileTests {
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void close() {
        directories.close();
    }

    private Optional<RegistryCredentials> find(String config, String image) throws InterruptedException {
        // Helpers are looked for in a directory of the test's own.
        ProcessRunner inDirectory = new ProcessRunner() {
            @Override
            public RunningProcess start(Command command) {
                List<String> argv = new ArrayList<>(command.argv());
                argv.set(0, directories.root().resolve(argv.getFirst()).toString());
                return SpawnProcessRunner.shared()
                        .start(Command.of(argv)
                                .withEnvironment(command.environment())
                                .withStdin(command.stdin()));
            }
        };
        return new DockerConfigFile(directories.file("config.json", config), inDirectory)
                .find(ImageReference.parse(image));
    }

    private void helper(String name, String script) throws Exception {
        Path file = directories.file("docker-credential-" + name, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String user(String config, String image) throws InterruptedException {
        return find(config, image).map(RegistryCredentials::username).orElse("-");
    }

    @Test
    void theLongestKeyThatFits() throws Exception {
        String config = """
                {"auths": {
                  "https://index.docker.io/v1/": {"auth": "aHViOnB3"},
                  "r.io": {"username": "whole", "password": "p"},
                  "https://r.io/team": {"username": "team", "password": "p"},
                  "*.example.com": {"username": "star", "password": "p"},
                  "tokens.io": {"identitytoken": "t"},
                  "empty.io": {}
                }}""";
        assertThat(user(config, "busybox")).isEqualTo("hub");
        assertThat(user(config, "r.io/app")).isEqualTo("whole");
        assertThat(user(config, "r.io/team/app")).isEqualTo("team");
        assertThat(user(config, "r.io/teams/app")).isEqualTo("whole");
        assertThat(user(config, "a.example.com/app")).isEqualTo("star");
        assertThat(user(config, "a.b.example.com/app")).isEqualTo("-");
        assertThat(user(config, "r.io:5000/app")).isEqualTo("-");
        assertThat(user(config, "empty.io/app")).isEqualTo("-");
        assertThat(find(config, "tokens.io/app").orElseThrow().identityToken()).isEqualTo("t");
    }

    @ParameterizedTest
    @CsvSource({
        "https://r.io/v2/, r.io/a, true",
        "http://R.IO:5000, r.io:5000/a, true",
        "r.io/a, r.io/a/b, true",
        "r.io/a, r.io/ab, false",
        "docker.io, busybox, true",
        "docker.io/library, busybox, true",
        "docker.io/other, busybox, false",
        "r*.io, rr.io/a, true",
        "*, r.io/a, false",
    })
    void keys(String key, String image, boolean fits) {
        assertThat(DockerConfigFile.fits(key, ImageReference.parse(image))).isEqualTo(fits);
    }

    @Test
    void helpers() throws Exception {
        String config = "{\"credHelpers\": {\"r.io\": \"one\", \"gone.io\": \"gone\"}, \"credsStore\": \"all\","
                + "\"auths\": {\"plain.io\": {\"username\": \"plain\", \"password\": \"p\"}, \"other.io\": {}}}";
        helper(
                "one",
                "read s; echo \"{\\\"ServerURL\\\":\\\"$s\\\",\\\"Username\\\":\\\"of $s\\\",\\\"Secret\\\":\\\"p\\\"}\"");
        helper(
                "all",
                "read s; case $s in other.io) echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}';;"
                        + " *) echo credentials not found in native keychain; exit 1;; esac");

        assertThat(user(config, "r.io/app")).isEqualTo("of r.io");
        assertThat(user(config, "plain.io/app")).isEqualTo("plain");
        assertThat(find(config, "other.io/app").orElseThrow().identityToken()).isEqualTo("t");
        assertThat(find(config, "nothing.io/app")).isEmpty();
        assertThatThrownBy(() -> find(config, "gone.io/app"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageStartingWith("ask docker-credential-gone for gone.io: ")
                .hasMessageEndingWith("; install the helper, or take it out of Docker's config.json");
        helper("one", "echo oops; exit 1");
        assertThatThrownBy(() -> find(config, "r.io/app"))
                .hasMessage("ask docker-credential-one for r.io: it failed: oops");
        helper("one", "echo secret");
        assertThatThrownBy(() -> find(config, "r.io/app"))
                .hasMessage("ask docker-credential-one for r.io: its answer is not valid JSON")
                .hasNoCause();
    }

    @Test
    void filesThatAreWrong() throws Exception {
        assertThatThrownBy(() -> find("{", "r.io/a"))
                .hasMessageContaining("it is not valid JSON; log in again")
                .hasNoCause();
        assertThatThrownBy(() -> find("[]", "r.io/a")).hasMessageContaining("it is not a JSON object");
        assertThatThrownBy(() -> find("{\"credsStore\": \"../../x\"}", "r.io/a"))
                .hasMessageContaining("its name is not valid");
        assertThat(new DockerConfigFile(directories.root().resolve("none"), SpawnProcessRunner.shared())
                        .find(ImageReference.parse("a")))
                .isEmpty();
    }
}

package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.testing.PodBed;
import io.gantry.pod.testing.Records;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ImageDirectoriesTests {
    private TestDirectories directories;

    @BeforeEach
    void needsRoot() {
        Privileges.assumeRoot();
        directories = TestDirectories.create();
    }

    @AfterEach
    void remove() {
        if (directories != null) {
            directories.close();
        }
    }

    private void make(Path root, String... volumes) {
        new ImageDirectories(JnaSyscalls.instance()).make(root, Set.of(volumes), 1000, 1001);
    }

    @Test
    void whatIsMissingIsMadeForTheUser() throws Exception {
        Path root = directories.dir("root");
        Path there = directories.dir("root/there");

        make(root, "/there", "/var/lib/data/", "relative");

        assertThat(Files.getAttribute(there, "unix:uid")).isEqualTo(0);
        for (String made : List.of("var/lib/data", "relative")) {
            assertThat(Files.getAttribute(root.resolve(made), "unix:uid")).isEqualTo(1000);
            assertThat(Files.getAttribute(root.resolve(made), "unix:gid")).isEqualTo(1001);
        }
    }

    @Test
    void namesThatNoFileCanHaveAreLeftOut() throws Exception {
        Path root = directories.dir("root");

        make(root, "/nul\0byte", "/up/../beside/./it//", "/a/../../..");

        assertThat(root).isDirectoryContaining(made -> made.endsWith("beside"));
        assertThat(root.resolve("beside/it")).isDirectory();
        try (var all = Files.list(root)) {
            assertThat(all).hasSize(1);
        }
    }

    @Test
    void linksAreFollowedInsideOnly() throws Exception {
        Path outside = directories.dir("outside");
        Path root = directories.dir("root");
        Files.createSymbolicLink(root.resolve("away"), outside);
        Path inside = directories.dir("root/inside");
        Files.createSymbolicLink(root.resolve("here"), Path.of("/inside"));

        make(root, "/away/data", "/here/data", "/../../up");

        assertThat(outside).isEmptyDirectory();
        assertThat(inside.resolve("data")).isDirectory();
        assertThat(root.resolve("up")).isDirectory();
    }

    @Test
    void whatIsInTheWayStays() throws Exception {
        Path root = directories.dir("root");
        Path file = directories.file("root/data", "content");

        make(root, "/data", "/data/below");

        assertThat(file).hasContent("content");
    }

    @Test
    void aContainerFindsItsDirectoryAndMayWriteThere() throws Exception {
        try (PodBed bed = PodBed.create()) {
            ContainerConfig config = bed.container("main", "sleep 1000");
            config = Records.with(config, "security", Records.with(config.security(), "runAsUser", 1000L));
            String id = bed.pods().containers().create(bed.run("pod"), config, bed.sandbox("pod"));
            bed.pods().containers().start(id);

            var result = bed.pods()
                    .containers()
                    .execSync(
                            id,
                            List.of("sh", "-c", "id -u; echo kept >/srv/data/file && cat /srv/data/file"),
                            Duration.ZERO);

            assertThat(new String(result.stdout(), StandardCharsets.UTF_8)).isEqualTo("1000\nkept\n");
        }
    }
}

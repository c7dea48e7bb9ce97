package io.gantry.e2e.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The program tree and its archive have what a node needs, and what their files name is there. */
class ProgramTreeIT {
    /** Where the tree is installed: the unit and the kind node name it there. */
    private static final String INSTALLED = "/usr/lib/gantry/";

    private static final List<String> SHARED = List.of(
            "apparmor/gantry-default",
            "cni/10-gantry-bridge.conflist",
            "config/gantry.toml",
            "crictl/crictl.yaml",
            "kind/Dockerfile",
            "kind/cluster.yaml",
            "kind/gantry-images.service",
            "kubelet/20-gantry.conf",
            "systemd/gantry.service");

    private final Path tree = Toolbox.gantry();

    @BeforeEach
    void isBuilt() {
        assumeTrue(Files.isDirectory(tree), "needs " + tree + ": ./dev build makes it");
    }

    @Test
    void theArchiveHoldsAllThatANodeNeeds() throws Exception {
        Path archive = archive("gantry-[^-]*(-SNAPSHOT)?\\.tar\\.gz");
        List<String> held = Command.of("tar", "-tzf", archive).run().lines().toList();
        assertThat(held)
                .contains(
                        "gantry/bin/gantry",
                        "gantry/bin/gantry-pause",
                        "gantry/lib/classpath",
                        "gantry/native/libjnidispatch.so",
                        "gantry/runtime/bin/java",
                        "gantry/runtime/lib/modules",
                        "gantry/runtime/lib/server/libjvm.so")
                .containsAll(SHARED.stream().map(file -> "gantry/share/" + file).toList())
                .containsAll(Files.readAllLines(tree.resolve("lib/classpath")).stream()
                        .map(jar -> "gantry/lib/" + jar)
                        .toList())
                .anyMatch(name -> name.matches("gantry/native/libnetty_transport_native_epoll_.*\\.so"))
                // Recorded from a daemon at work, so it differs from build to build: it has an archive of its own.
                .doesNotContain("gantry/lib/gantry.aot");
    }

    @Test
    void theArchiveTellsNothingOfWhoBuiltIt() throws Exception {
        List<String> held = Command.of(
                        "tar",
                        "--numeric-owner",
                        "--full-time",
                        "-tvzf",
                        archive("gantry-[^-]*(-SNAPSHOT)?\\.tar\\.gz"))
                .env("TZ", "UTC")
                .run()
                .lines()
                .toList();
        assertThat(held)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line)
                        .matches("[-dl]rw[-x]r-[-x]r-[-x] 0/0 .*|lrwxrwxrwx 0/0 .*|drwxr-xr-x 0/0 .*")
                        .contains(" 00:00:00 "));
    }

    @Test
    void whatTheUnitStartsIsThere() throws IOException {
        UnitFile unit = new UnitFile().add(shared("systemd/gantry.service"));
        assertThat(installedPaths(shared("systemd/gantry.service")))
                .isNotEmpty()
                .allSatisfy(path -> assertThat(tree.resolve(path)).exists());
        assertThat(unit.all("WatchdogSec")).containsExactly("60");
        assertThat(unit.all("KillMode")).containsExactly("process");
        assertThat(unit.all("Type")).containsExactly("notify");
    }

    private String shared(String file) throws IOException {
        return Files.readString(tree.resolve("share").resolve(file));
    }

    private Path archive(String name) throws IOException {
        try (Stream<Path> beside = Files.list(tree.resolveSibling("."))) {
            List<Path> found = beside.filter(
                            path -> path.getFileName().toString().matches(name))
                    .toList();
            assumeTrue(found.size() == 1, "needs one archive of the tree beside " + tree + ", found " + found);
            return found.getFirst();
        }
    }

    /** The paths below the installed tree that a text names, relative to the tree. */
    static List<String> installedPaths(String text) {
        return Pattern.compile(Pattern.quote(INSTALLED) + "([\\w./-]*\\w)")
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .distinct()
                .toList();
    }
}

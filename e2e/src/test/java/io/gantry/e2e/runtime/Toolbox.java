package io.gantry.e2e.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where {@code ./dev} keeps what it built for the tests: programs on the search path {@code GANTRY_TOOLS}, the images'
 * registry in {@code GANTRY_TEST_IMAGES}. Without these variables, what {@code ./dev} built last is taken.
 */
public final class Toolbox {
    private Toolbox() {}

    /** A program built from a Go module ({@code crictl}, {@code critest}, {@code runc}, {@code containerd}, …). */
    public static Optional<Path> find(String name) {
        return toolDirectories().stream()
                .map(directory -> directory.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    public static Path require(String name) {
        return find(name)
                .orElseThrow(() -> new IllegalStateException(
                        "find " + name + ": it is not built; ./dev test builds it (containerd: ./dev bench tools)"));
    }

    /** The directory with the registry program, its storage and {@code images.tsv}. */
    public static Optional<Path> images() {
        String named = System.getenv("GANTRY_TEST_IMAGES");
        return Optional.of(named != null ? Path.of(named) : cache().resolve("images/latest"))
                .filter(path -> Files.exists(path.resolve("images.tsv")));
    }

    public static Path requireImages() {
        return images().orElseThrow(() ->
                new IllegalStateException("find the test images: they are not made; ./dev test makes them"));
    }

    /** Gantry's program tree, {@code deploy/target/gantry} of this checkout unless {@code GANTRY_DEPLOY} names one. */
    public static Path gantry() {
        String named = System.getenv("GANTRY_DEPLOY");
        if (named != null) {
            return Path.of(named);
        }
        return checkout().resolve("deploy/target/gantry");
    }

    /** The top of the checkout: the nearest directory at or above the working directory that holds {@code dev}. */
    public static Path checkout() {
        Path start = Path.of("").toAbsolutePath();
        for (Path at = start; at != null; at = at.getParent()) {
            if (Files.isRegularFile(at.resolve("dev")) && Files.exists(at.resolve("pom.xml"))) {
                return at;
            }
        }
        throw new IllegalStateException("find the checkout: neither " + start + " nor a directory above holds ./dev");
    }

    private static List<Path> toolDirectories() {
        String named = System.getenv("GANTRY_TOOLS");
        if (named != null) {
            return Arrays.stream(named.split(":")).map(Path::of).toList();
        }
        try (Stream<Path> sets = Files.list(cache().resolve("tools/latest"))) {
            return sets.sorted().map(set -> set.resolve("bin")).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static Path cache() {
        String named = System.getenv("GANTRY_CACHE");
        if (named != null) {
            return Path.of(named);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        return (xdg != null ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache")).resolve("gantry");
    }
}

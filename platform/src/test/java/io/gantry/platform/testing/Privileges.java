package io.gantry.platform.testing;

import io.gantry.platform.linux.HostFacts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** Assumptions about the machine; a test that does not hold them is skipped with a message that says what is missing. */
public final class Privileges {
    private static final HostFacts FACTS = HostFacts.detect();

    private Privileges() {}

    /** Root with CAP_SYS_ADMIN: mounts and namespaces work. */
    public static void assumeRoot() {
        Assumptions.assumeTrue(FACTS.root(), "needs root: run the tests with sudo");
        assumeCapability("CAP_SYS_ADMIN");
    }

    public static void assumeCapability(String name) {
        Assumptions.assumeTrue(FACTS.effectiveCapabilities().contains(name), "needs the capability " + name);
    }

    /** Overlay mounts work. */
    public static void assumeOverlay() {
        assumeRoot();
        Assumptions.assumeTrue(FACTS.overlay(), "needs overlayfs: run 'modprobe overlay'");
    }

    /** A program in PATH or {@code /usr/lib/cni} and the like; gives its path. */
    public static String assumeProgram(String name) {
        Optional<String> path = FACTS.findProgram(name).map(Object::toString);
        Assumptions.assumeTrue(path.isPresent(), "needs the program " + name + " in PATH: install it");
        return path.orElseThrow();
    }

    /** The newest program of that name at hand: the one that {@code ./dev test} built, else as {@link #assumeProgram}. */
    public static String assumeNewest(String name) {
        for (String directory : System.getenv().getOrDefault("GANTRY_TOOLS", "").split(":", -1)) {
            Path program = Path.of(directory, name);
            if (!directory.isEmpty() && Files.isExecutable(program)) {
                return program.toString();
            }
        }
        return assumeProgram(name);
    }
}

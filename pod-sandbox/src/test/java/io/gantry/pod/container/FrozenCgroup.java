package io.gantry.pod.container;

import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.testing.Privileges;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A cgroup of this host that holds no process and is frozen; closing it removes it. */
final class FrozenCgroup implements AutoCloseable {
    private final Path directory;
    private final boolean v2;

    private FrozenCgroup(Path directory, boolean v2) {
        this.directory = directory;
        this.v2 = v2;
    }

    /** Skips the test where cgroups cannot be frozen. */
    static FrozenCgroup make(String path) throws IOException {
        Privileges.assumeRoot();
        HostFacts host = HostFacts.detect();
        boolean v2 = host.cgroupMode() == CgroupMode.V2;
        Path mount = v2
                ? host.cgroup2().orElseThrow()
                : host.cgroupControllers().getOrDefault("freezer", Path.of("/no-freezer"));
        Assumptions.assumeTrue(Files.isDirectory(mount), "needs a cgroup hierarchy with the freezer");
        FrozenCgroup cgroup = new FrozenCgroup(Files.createDirectories(mount.resolve(path.substring(1))), v2);
        cgroup.write(v2 ? "1" : "FROZEN");
        return cgroup;
    }

    void thaw() {
        write(v2 ? "0" : "THAWED");
    }

    private void write(String state) {
        try {
            Files.writeString(directory.resolve(v2 ? "cgroup.freeze" : "freezer.state"), state);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        thaw();
        Files.delete(directory);
        Files.deleteIfExists(directory.getParent());
    }
}

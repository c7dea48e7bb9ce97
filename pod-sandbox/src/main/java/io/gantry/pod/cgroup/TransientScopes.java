package io.gantry.pod.cgroup;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The scopes that systemd keeps for OCI runtimes. systemd is told by the kernel that a scope is empty, and then reads the
 * cgroup's own file: where somebody has removed the directory before that, the unit stays active forever. So who removes a
 * scope's cgroup lets systemd go first.
 *
 * @param units where systemd keeps the units that were made by a call, as long as they are loaded
 * @param patience how long systemd is waited for
 * @see <a href="https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html">systemd.unit(5)</a>
 */
record TransientScopes(Path units, Duration patience) {
    private static final String SUFFIX = ".scope";
    private static final long POLL_MILLIS = 10;

    static TransientScopes ofHost() {
        return new TransientScopes(Path.of("/run/systemd/transient"), Duration.ofSeconds(5));
    }

    /**
     * Returns once systemd has unloaded the scope of this cgroup, or does not do so in time; at once where the cgroup is none
     * of its scopes. No process is run for it.
     */
    void awaitUnload(String path) throws InterruptedException {
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (!name.endsWith(SUFFIX)) {
            return;
        }
        Path unit = units.resolve(name);
        long deadline = System.nanoTime() + patience.toNanos();
        while (Files.exists(unit) && System.nanoTime() < deadline) {
            Thread.sleep(POLL_MILLIS);
        }
    }
}

package io.gantry.cni.network;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Where networks are configured and how long their plugins may take.
 *
 * @param confDir directory of network configuration files; the first valid one by name is the pod network. It need not
 *     exist yet.
 * @param binDirs directories of plugin programs, in search order
 * @param cacheDir where attachments are recorded; must survive a reboot
 * @param pluginTimeout how long one plugin may take for ADD or DEL before it is killed
 * @param gcTimeout how long one plugin may take for GC; no pod is attached or detached meanwhile
 * @param statusTimeout how long one plugin may take for STATUS
 * @param statusInterval how often a network that is ready is looked at again; one that is not is looked at every second
 */
public record CniConfig(
        Path confDir,
        List<Path> binDirs,
        Path cacheDir,
        Duration pluginTimeout,
        Duration gcTimeout,
        Duration statusTimeout,
        Duration statusInterval) {
    public CniConfig {
        binDirs = List.copyOf(binDirs);
        if (pluginTimeout.isNegative()
                || pluginTimeout.isZero()
                || statusInterval.isNegative()
                || statusInterval.isZero()) {
            throw new IllegalArgumentException("a CNI timeout or interval is not positive");
        }
    }

    /** Two minutes for ADD and DEL, 30 seconds for GC, 10 seconds for STATUS, a look every 10 seconds. */
    public static CniConfig of(Path confDir, List<Path> binDirs, Path cacheDir) {
        return new CniConfig(
                confDir,
                binDirs,
                cacheDir,
                Duration.ofMinutes(2),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10));
    }

    /** The same with another time for ADD and DEL. */
    public CniConfig withPluginTimeout(Duration timeout) {
        return new CniConfig(confDir, binDirs, cacheDir, timeout, gcTimeout, statusTimeout, statusInterval);
    }

    /** The same with another interval between looks at a ready network. */
    public CniConfig withStatusInterval(Duration interval) {
        return new CniConfig(confDir, binDirs, cacheDir, pluginTimeout, gcTimeout, statusTimeout, interval);
    }
}

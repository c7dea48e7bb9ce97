package io.gantry.cni.conflist;

import java.nio.file.Path;
import java.util.List;

/**
 * A network configuration list, checked.
 *
 * @param name the network's name
 * @param versions every specification version that the configuration declares and Gantry speaks, oldest first; never empty
 * @param disableCheck whether CHECK is switched off; Gantry never runs CHECK, the result of ADD being the truth
 * @param disableGc whether the GC verb must not be run for this network
 * @param plugins the chain in ADD order; never empty
 * @param file where it was read from
 * @see <a href="https://www.cni.dev/docs/spec/#section-1-network-configuration-format">CNI specification, section 1</a>
 */
public record CniConflist(
        String name,
        List<CniVersion> versions,
        boolean disableCheck,
        boolean disableGc,
        List<PluginConfig> plugins,
        Path file) {
    public CniConflist {
        versions = versions.stream().distinct().sorted().toList();
        plugins = List.copyOf(plugins);
        if (versions.isEmpty() || plugins.isEmpty()) {
            throw new IllegalArgumentException("conflist " + name + " has no version or no plugin");
        }
    }

    /** The highest declared version, which the specification says to use. */
    public CniVersion version() {
        return versions.getLast();
    }

    /** Whether it brings up the loopback interface and nothing else, which is no network for pods. */
    public boolean isLoopbackOnly() {
        return plugins.stream().allMatch(plugin -> plugin.type().equals("loopback"));
    }
}

package io.gantry.cni.network;

import io.gantry.cni.conflist.CniConflist;
import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.conflist.PluginConfig;
import io.gantry.cni.plugin.PluginVersions;
import io.gantry.platform.error.GantryException;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the specification version for a network: the only one that the configuration declares, without asking anybody;
 * where it declares several, the highest that all its plugins speak.
 */
final class VersionChoice {
    private static final Logger log = LoggerFactory.getLogger(VersionChoice.class);

    private final PluginVersions plugins;

    VersionChoice(PluginVersions plugins) {
        this.plugins = plugins;
    }

    /** The version; the highest declared one when the plugins have none in common or cannot be asked. */
    CniVersion choose(CniConflist conflist, String action) throws InterruptedException {
        if (conflist.versions().size() == 1) {
            return conflist.version();
        }
        Set<CniVersion> common = EnumSet.copyOf(conflist.versions());
        for (PluginConfig plugin : conflist.plugins()) {
            try {
                common.retainAll(plugins.spokenBy(plugin.type(), action));
            } catch (GantryException e) {
                log.debug("cni plugin versions unknown: plugin={} error=\"{}\"", plugin.type(), e.getMessage());
            }
        }
        return common.stream().max(CniVersion::compareTo).orElse(conflist.version());
    }
}

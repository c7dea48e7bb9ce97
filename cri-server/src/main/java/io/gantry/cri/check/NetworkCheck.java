package io.gantry.cri.check;

import io.gantry.cni.conflist.CniConflist;
import io.gantry.cni.conflist.ConflistSnapshot;
import io.gantry.cni.conflist.PluginConfig;
import io.gantry.cni.plugin.PluginPath;
import io.gantry.cri.config.NetworkConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Looks for a network configuration, as the daemon does, and for the plugins that it names. */
final class NetworkCheck {
    private static final String SUBJECT = "network configuration";

    private final NetworkConfig config;
    private final PackageHint packages;

    NetworkCheck(NetworkConfig config, PackageHint packages) {
        this.config = config;
        this.packages = packages;
    }

    List<Finding> run() {
        ConflistSnapshot snapshot = ConflistSnapshot.read(config.confDir());
        List<Finding> findings = new ArrayList<>();
        Optional<CniConflist> network = snapshot.network();
        if (network.isEmpty()) {
            findings.add(
                    snapshot.rejected().isEmpty()
                            ? Finding.warning(
                                    SUBJECT,
                                    snapshot.problem() + "; pods need the host's network until there is one",
                                    "install a network add-on, or write a conflist there (cni.dev/docs/spec)")
                            : Finding.missing(SUBJECT, snapshot.problem(), "correct it, or move it away"));
            return findings;
        }
        findings.add(chosen(network.get()));
        for (ConflistSnapshot.Rejected file : snapshot.rejected()) {
            findings.add(Finding.warning(SUBJECT, "passed over: " + file, "correct it, or move it away"));
        }
        PluginPath plugins = new PluginPath(config.binDirs());
        for (String name : programs(network.get())) {
            findings.add(plugin(name, plugins, network.get().file()));
        }
        return findings;
    }

    private static Finding chosen(CniConflist network) {
        String detail = network.file() + " (network " + network.name() + ")";
        return network.isLoopbackOnly()
                ? Finding.warning(
                        SUBJECT,
                        detail + " only brings up loopback; pods need the host's network",
                        "install a network add-on, or write a conflist there (cni.dev/docs/spec)")
                : Finding.ok(SUBJECT, detail);
    }

    private Finding plugin(String name, PluginPath plugins, Path file) {
        return plugins.find(name)
                .map(path -> Finding.ok("CNI plugin " + name, path.toString()))
                .orElseGet(() -> Finding.missing(
                        "CNI plugin " + name,
                        plugins.missing(name) + ", and " + file + " names it",
                        packages.install("containernetworking-plugins")));
    }

    private static Set<String> programs(CniConflist network) {
        Set<String> names = new LinkedHashSet<>();
        for (PluginConfig plugin : network.plugins()) {
            names.add(plugin.type());
            plugin.ipamType().ifPresent(names::add);
        }
        return names;
    }
}

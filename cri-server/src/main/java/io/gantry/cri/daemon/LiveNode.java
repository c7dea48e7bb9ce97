package io.gantry.cri.daemon;

import io.gantry.cni.network.NetworkStatus;
import io.gantry.cni.network.PodNetworks;
import io.gantry.cri.config.GantryConfig;
import io.gantry.cri.runtime.NodeOperations;
import io.gantry.cri.translate.NodeStatus;
import io.gantry.cri.translate.NodeStatus.Condition;
import io.gantry.cri.version.GantryVersion;
import io.gantry.image.service.ImageService;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.storage.Json;
import io.gantry.pod.PodService;
import io.gantry.pod.cgroup.CgroupDriver;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What this daemon and its node are and can do. */
final class LiveNode implements NodeOperations {
    private final GantryConfig config;
    private final HostFacts host;
    private final PodNetworks networks;
    private final PodService pods;
    private final ImageService images;
    private final String version = GantryVersion.current();

    LiveNode(GantryConfig config, HostFacts host, PodNetworks networks, PodService pods, ImageService images) {
        this.config = config;
        this.host = host;
        this.networks = networks;
        this.pods = pods;
        this.images = images;
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public NodeStatus status() throws InterruptedException {
        NetworkStatus network = networks.status();
        return new NodeStatus(
                runtimeCondition(),
                network.ready() ? Condition.READY : new Condition(false, network.reason(), network.message()),
                pods.handlers().list().stream()
                        .map(handler -> new NodeStatus.Handler(
                                handler.name(),
                                handler.isDefault(),
                                handler.recursiveReadOnlyMounts(),
                                handler.userNamespaces()))
                        .toList());
    }

    /** Containers can be run when the default handler and the monitor are there. */
    private Condition runtimeCondition() throws InterruptedException {
        try {
            var unused = pods.handlers().defaultHandler();
        } catch (GantryException e) {
            return new Condition(false, "RuntimeHandlerMissing", String.valueOf(e.getMessage()));
        }
        if (host.findProgram(config.runtime().conmon()).isEmpty()) {
            return new Condition(
                    false,
                    "MonitorMissing",
                    config.runtime().conmon() + " is not there; 'gantry check' tells how to get it");
        }
        return Condition.READY;
    }

    @Override
    public Map<String, String> verboseInfo() {
        Map<String, Object> about = new TreeMap<>();
        about.put("version", version);
        about.put("kernel", host.kernelVersion());
        about.put("cgroupMode", host.cgroupMode());
        about.put("cgroupDriver", pods.cgroupDriver());
        about.put("boundingCapabilities", List.copyOf(host.boundingCapabilities()));
        about.put("seccomp", host.seccomp());
        about.put("apparmor", host.appArmor());
        about.put("selinux", host.selinux());
        return Map.of(
                "config", Json.mapper().writeValueAsString(new TreeMap<>(config.effective())),
                "node", Json.mapper().writeValueAsString(about),
                "pullMemory", Json.mapper().writeValueAsString(images.pullMemory()),
                "network", Json.mapper().writeValueAsString(networks.status()),
                "activity", Json.mapper().writeValueAsString(pods.activities().report()));
    }

    @Override
    public boolean usesSystemdCgroups() {
        return pods.cgroupDriver() == CgroupDriver.SYSTEMD;
    }
}

package io.gantry.pod.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pod sandbox as asked for (api.proto PodSandboxConfig).
 *
 * @param hostname empty lets the runtime choose
 * @param logDirectory where container logs go, empty when there are none
 * @param dns null or empty for the host's resolv.conf
 * @param cgroupParent cgroupfs path of the pod's parent also under the systemd driver; empty for the default
 * @param overhead what the pod itself costs, for information; null when not given
 * @param resources the sum of its containers, for information; null when not given
 */
public record PodSandboxConfig(
        SandboxMetadata metadata,
        String hostname,
        String logDirectory,
        @Nullable DnsConfig dns,
        List<PortMapping> portMappings,
        Map<String, String> labels,
        Map<String, String> annotations,
        String cgroupParent,
        SandboxSecurity security,
        Map<String, String> sysctls,
        @Nullable LinuxResources overhead,
        @Nullable LinuxResources resources) {
    public PodSandboxConfig {
        portMappings = List.copyOf(portMappings);
        labels = Map.copyOf(labels);
        annotations = Map.copyOf(annotations);
        sysctls = Map.copyOf(sysctls);
    }

    public boolean usesHostNetwork() {
        return security.namespaces().network() == NamespaceMode.NODE;
    }

    /** The same pod with other figures of what it costs. */
    public PodSandboxConfig withResources(@Nullable LinuxResources newOverhead, @Nullable LinuxResources newResources) {
        return new PodSandboxConfig(
                metadata,
                hostname,
                logDirectory,
                dns,
                portMappings,
                labels,
                annotations,
                cgroupParent,
                security,
                sysctls,
                newOverhead,
                newResources);
    }

    /** Whether the containers of the pod share one PID namespace that the sandbox holds. */
    public boolean sharesPidNamespace() {
        return security.namespaces().pid() == NamespaceMode.POD;
    }
}

package io.gantry.pod.sandbox;

import io.gantry.cni.network.DnsConfig;
import io.gantry.cni.network.PodAttachment;
import io.gantry.cni.network.PortMapping;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What cni-bridge needs to know of a sandbox. */
final class Attachments {
    private Attachments() {}

    static PodAttachment of(PodSandbox sandbox, PodNamespaces namespaces) {
        PodSandboxConfig config = sandbox.config();
        List<PortMapping> ports = config.portMappings().stream()
                .filter(port -> port.hostPort() > 0)
                .map(port ->
                        new PortMapping(port.protocol().name(), port.containerPort(), port.hostPort(), port.hostIp()))
                .toList();
        return new PodAttachment(
                sandbox.id(),
                namespaces.path(sandbox.id(), PodNamespaces.Kind.NET),
                config.metadata().name(),
                config.metadata().namespace(),
                config.metadata().uid(),
                ports,
                config.annotations(),
                config.cgroupParent().isEmpty() ? null : config.cgroupParent(),
                dns(config.dns()));
    }

    private static @Nullable DnsConfig dns(io.gantry.pod.config.@Nullable DnsConfig dns) {
        return dns == null ? null : new DnsConfig(dns.servers(), dns.searches(), dns.options());
    }
}

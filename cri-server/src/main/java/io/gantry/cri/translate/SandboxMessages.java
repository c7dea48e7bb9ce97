package io.gantry.cri.translate;

import io.gantry.cri.v1.DNSConfig;
import io.gantry.cri.v1.LinuxPodSandboxConfig;
import io.gantry.cri.v1.LinuxPodSandboxStatus;
import io.gantry.cri.v1.ListPodSandboxResponse;
import io.gantry.cri.v1.Namespace;
import io.gantry.cri.v1.PodIP;
import io.gantry.cri.v1.PodSandboxFilter;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.cri.v1.PodSandboxNetworkStatus;
import io.gantry.cri.v1.PodSandboxState;
import io.gantry.cri.v1.PodSandboxStatus;
import io.gantry.cri.v1.PodSandboxStatusResponse;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.StreamPodSandboxesResponse;
import io.gantry.cri.v1.UpdatePodSandboxResourcesRequest;
import io.gantry.pod.config.DnsConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.PortMapping;
import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Pod sandboxes: what is asked for, and what there is. */
public final class SandboxMessages {
    /** HOST_NAME_MAX of gethostname(2). */
    private static final int MAX_HOSTNAME = 64;

    private static final Pattern SYSCTL = Pattern.compile("[A-Za-z0-9_-]+([./][A-Za-z0-9_:@-]+)+");

    private SandboxMessages() {}

    /** The sandbox that a request asks for. */
    public static PodSandboxConfig config(RunPodSandboxRequest request) {
        PodSandboxMetadata metadata = request.getConfig().getMetadata();
        Checks checks = new Checks("run pod sandbox " + metadata.getNamespace() + "/" + metadata.getName());
        checks.require(request.hasConfig(), "config", "is missing");
        checks.noZero(request.getRuntimeHandler(), "runtime_handler");
        return config(request.getConfig(), checks, "config");
    }

    static PodSandboxConfig config(io.gantry.cri.v1.PodSandboxConfig message, Checks checks, String field) {
        checks.require(!message.hasWindows(), field + ".windows", "is set, but this is a Linux node");
        LinuxPodSandboxConfig linux = message.getLinux();
        String inLinux = field + ".linux";
        checks.require(
                message.getHostname().length() <= MAX_HOSTNAME,
                field + ".hostname",
                "is longer than " + MAX_HOSTNAME + " characters: \"" + message.getHostname() + "\"");
        return new PodSandboxConfig(
                metadata(message, checks, field),
                checks.noZero(message.getHostname(), field + ".hostname"),
                checks.absolutePathOrEmpty(message.getLogDirectory(), field + ".log_directory"),
                message.hasDnsConfig() ? dns(message.getDnsConfig(), checks, field + ".dns_config") : null,
                ports(message.getPortMappingsList(), checks, field + ".port_mappings"),
                message.getLabelsMap(),
                message.getAnnotationsMap(),
                checks.noParent(checks.noZero(linux.getCgroupParent(), inLinux), inLinux + ".cgroup_parent"),
                SecurityMessages.ofSandbox(linux.getSecurityContext(), checks, inLinux + ".security_context"),
                sysctls(linux.getSysctlsMap(), checks, inLinux + ".sysctls"),
                linux.hasOverhead()
                        ? ResourceMessages.resources(linux.getOverhead(), checks, inLinux + ".overhead")
                        : null,
                linux.hasResources()
                        ? ResourceMessages.resources(linux.getResources(), checks, inLinux + ".resources")
                        : null);
    }

    private static SandboxMetadata metadata(io.gantry.cri.v1.PodSandboxConfig message, Checks checks, String field) {
        checks.require(message.hasMetadata(), field + ".metadata", "is missing");
        PodSandboxMetadata metadata = message.getMetadata();
        return new SandboxMetadata(
                checks.notEmpty(metadata.getName(), field + ".metadata.name"),
                checks.notEmpty(metadata.getUid(), field + ".metadata.uid"),
                checks.notEmpty(metadata.getNamespace(), field + ".metadata.namespace"),
                attempt(metadata.getAttempt(), checks, field + ".metadata.attempt"));
    }

    /** An attempt number: uint32 on the wire, signed in Java. */
    static int attempt(int value, Checks checks, String field) {
        checks.require(value >= 0, field, "is beyond 2^31 - 1");
        return value;
    }

    /** Lines of resolv.conf(5): a line break in a value would begin another line. */
    private static DnsConfig dns(DNSConfig message, Checks checks, String field) {
        for (List<String> values :
                List.of(message.getServersList(), message.getSearchesList(), message.getOptionsList())) {
            for (String value : values) {
                checks.require(value.chars().noneMatch(c -> c < ' '), field, "has a value with a control character");
            }
        }
        return new DnsConfig(message.getServersList(), message.getSearchesList(), message.getOptionsList());
    }

    private static List<PortMapping> ports(List<io.gantry.cri.v1.PortMapping> messages, Checks checks, String field) {
        List<PortMapping> mappings = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            io.gantry.cri.v1.PortMapping message = messages.get(i);
            String each = field + "[" + i + "]";
            checks.inRange(message.getHostPort(), 0, 65535, each + ".host_port");
            checks.inRange(
                    message.getContainerPort(), message.getHostPort() == 0 ? 0 : 1, 65535, each + ".container_port");
            if (!message.getHostIp().isEmpty()) {
                ipAddress(message.getHostIp(), checks, each + ".host_ip");
            }
            PortMapping.Protocol protocol = switch (message.getProtocol()) {
                case TCP -> PortMapping.Protocol.TCP;
                case UDP -> PortMapping.Protocol.UDP;
                case SCTP -> PortMapping.Protocol.SCTP;
                case UNRECOGNIZED -> throw checks.refuse(each + ".protocol", "is not a protocol that is known here");
            };
            mappings.add(
                    new PortMapping(protocol, message.getContainerPort(), message.getHostPort(), message.getHostIp()));
        }
        return mappings;
    }

    private static void ipAddress(String text, Checks checks, String field) {
        try {
            var unused = InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException _) {
            throw checks.refuse(field, "is not an IP address: \"" + text + "\"");
        }
    }

    private static Map<String, String> sysctls(Map<String, String> sysctls, Checks checks, String field) {
        sysctls.forEach((name, value) -> {
            checks.require(SYSCTL.matcher(name).matches(), field, "has no name of a sysctl: \"" + name + "\"");
            checks.require(
                    value.chars().noneMatch(c -> c == '\0' || c == '\n'),
                    field + "[" + name + "]",
                    "has a value of more than one line");
        });
        return sysctls;
    }

    /** What UpdatePodSandboxResources tells; null for what it does not. */
    public record ResourceUpdate(
            String sandboxId,
            @Nullable LinuxResources overhead,
            @Nullable LinuxResources resources) {}

    public static ResourceUpdate resources(UpdatePodSandboxResourcesRequest request) {
        Checks checks = new Checks("update resources of pod sandbox " + request.getPodSandboxId());
        return new ResourceUpdate(
                checks.notEmpty(request.getPodSandboxId(), "pod_sandbox_id"),
                request.hasOverhead() ? ResourceMessages.resources(request.getOverhead(), checks, "overhead") : null,
                request.hasResources()
                        ? ResourceMessages.resources(request.getResources(), checks, "resources")
                        : null);
    }

    /** Which sandboxes a request wants to see. */
    public static SandboxFilter filter(PodSandboxFilter message) {
        Boolean ready = !message.hasState()
                ? null
                : switch (message.getState().getState()) {
                    case SANDBOX_READY -> Boolean.TRUE;
                    case SANDBOX_NOTREADY -> Boolean.FALSE;
                    case UNRECOGNIZED ->
                        throw new Checks("list pod sandboxes")
                                .refuse("filter.state", "is not a state that is known here");
                };
        return new SandboxFilter(message.getId(), ready, message.getLabelSelectorMap());
    }

    /** A sandbox in full. */
    public static PodSandboxStatus status(PodSandbox sandbox) {
        PodSandboxNetworkStatus.Builder network = PodSandboxNetworkStatus.newBuilder();
        if (!sandbox.ips().isEmpty()) {
            network.setIp(sandbox.ips().getFirst());
            sandbox.ips().stream()
                    .skip(1)
                    .forEach(ip -> network.addAdditionalIps(PodIP.newBuilder().setIp(ip)));
        }
        return PodSandboxStatus.newBuilder()
                .setId(sandbox.id())
                .setMetadata(toMessage(sandbox.config().metadata()))
                .setState(state(sandbox))
                .setCreatedAt(Checks.nanos(sandbox.createdAt()))
                .setNetwork(network)
                .setLinux(LinuxPodSandboxStatus.newBuilder()
                        .setNamespaces(Namespace.newBuilder()
                                .setOptions(NamespaceMessages.toMessage(
                                        sandbox.config().security().namespaces()))))
                .putAllLabels(sandbox.config().labels())
                .putAllAnnotations(sandbox.config().annotations())
                .setRuntimeHandler(sandbox.runtimeHandler())
                .build();
    }

    /** A sandbox in full with the containers in it, as they were at {@code now}. */
    public static PodSandboxStatusResponse statusResponse(PodSandbox sandbox, List<Container> containers, Instant now) {
        return PodSandboxStatusResponse.newBuilder()
                .setStatus(status(sandbox))
                .addAllContainersStatuses(
                        containers.stream().map(ContainerMessages::status).toList())
                .setTimestamp(Checks.nanos(now))
                .build();
    }

    public static ListPodSandboxResponse list(List<PodSandbox> sandboxes) {
        return ListPodSandboxResponse.newBuilder()
                .addAllItems(sandboxes.stream().map(SandboxMessages::item).toList())
                .build();
    }

    public static StreamPodSandboxesResponse streamed(List<PodSandbox> sandboxes) {
        return StreamPodSandboxesResponse.newBuilder()
                .addAllPodSandboxes(
                        sandboxes.stream().map(SandboxMessages::item).toList())
                .build();
    }

    private static io.gantry.cri.v1.PodSandbox item(PodSandbox sandbox) {
        return io.gantry.cri.v1.PodSandbox.newBuilder()
                .setId(sandbox.id())
                .setMetadata(toMessage(sandbox.config().metadata()))
                .setState(state(sandbox))
                .setCreatedAt(Checks.nanos(sandbox.createdAt()))
                .putAllLabels(sandbox.config().labels())
                .putAllAnnotations(sandbox.config().annotations())
                .setRuntimeHandler(sandbox.runtimeHandler())
                .build();
    }

    static PodSandboxMetadata toMessage(SandboxMetadata metadata) {
        return PodSandboxMetadata.newBuilder()
                .setName(metadata.name())
                .setUid(metadata.uid())
                .setNamespace(metadata.namespace())
                .setAttempt(metadata.attempt())
                .build();
    }

    private static PodSandboxState state(PodSandbox sandbox) {
        return sandbox.isReady() ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
    }
}

package io.gantry.cni.network;

import io.gantry.cni.conflist.PluginConfig;
import io.gantry.platform.storage.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * The run-time arguments that plugins ask for by capability.
 *
 * @see <a href="https://www.cni.dev/docs/conventions/">CNI conventions</a>
 */
final class CapabilityArgs {
    private static final Logger log = LoggerFactory.getLogger(CapabilityArgs.class);
    /** What a pod asks for and would miss, unlike what is only information. */
    private static final Set<String> DEMANDS = Set.of("portMappings", "bandwidth", "ipRanges", "ips", "mac");

    private CapabilityArgs() {}

    /** The arguments for those capabilities that a plugin of the chain has switched on and the pod has a value for. */
    static Map<String, JsonNode> of(PodAttachment pod, List<PluginConfig> chain, String action) {
        Set<String> wanted =
                chain.stream().flatMap(plugin -> plugin.capabilities().stream()).collect(Collectors.toSet());
        Map<String, JsonNode> args = all(pod, action);
        for (String demand : DEMANDS) {
            if (args.containsKey(demand) && !wanted.contains(demand)) {
                log.warn("no plugin of the network has capability {}, the pod goes without: {}", demand, action);
            }
        }
        args.keySet().retainAll(wanted);
        return args;
    }

    private static Map<String, JsonNode> all(PodAttachment pod, String action) {
        Map<String, JsonNode> args = new TreeMap<>();
        ArrayNode ports = portMappings(pod.portMappings());
        if (!ports.isEmpty()) {
            args.put("portMappings", ports);
        }
        Bandwidth.of(pod.podAnnotations(), action).ifPresent(limits -> args.put("bandwidth", limits));
        DnsConfig dns = pod.dns();
        if (dns != null && !dns.isEmpty()) {
            args.put("dns", dns(dns));
        }
        if (!pod.podAnnotations().isEmpty()) {
            args.put(
                    "io.kubernetes.cri.pod-annotations",
                    Json.mapper().valueToTree(new TreeMap<>(pod.podAnnotations())));
        }
        String cgroupPath = pod.cgroupPath();
        if (cgroupPath != null && !cgroupPath.isEmpty()) {
            args.put("cgroupPath", StringNode.valueOf(cgroupPath));
        }
        addresses(args, pod.addresses());
        return args;
    }

    private static void addresses(Map<String, JsonNode> args, AddressRequest request) {
        if (!request.ipRanges().isEmpty()) {
            args.put("ipRanges", Json.mapper().valueToTree(request.ipRanges()));
        }
        if (!request.ips().isEmpty()) {
            args.put("ips", Json.mapper().valueToTree(request.ips()));
        }
        String mac = request.mac();
        if (mac != null) {
            args.put("mac", StringNode.valueOf(mac));
        }
        if (!request.aliases().isEmpty()) {
            args.put("aliases", Json.mapper().valueToTree(request.aliases()));
        }
    }

    private static ArrayNode portMappings(List<PortMapping> mappings) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (PortMapping mapping : mappings) {
            if (mapping.hostPort() > 0) {
                ObjectNode entry = list.addObject();
                entry.put("hostPort", mapping.hostPort());
                entry.put("containerPort", mapping.containerPort());
                entry.put("protocol", mapping.protocol());
                entry.put("hostIP", mapping.hostIp());
            }
        }
        return list;
    }

    private static ObjectNode dns(DnsConfig dns) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        if (!dns.servers().isEmpty()) {
            dns.servers().forEach(node.putArray("servers")::add);
        }
        if (!dns.searches().isEmpty()) {
            dns.searches().forEach(node.putArray("searches")::add);
        }
        if (!dns.options().isEmpty()) {
            dns.options().forEach(node.putArray("options")::add);
        }
        return node;
    }
}

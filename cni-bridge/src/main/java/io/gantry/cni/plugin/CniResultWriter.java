package io.gantry.cni.plugin;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.plugin.CniResult.Dns;
import io.gantry.cni.plugin.CniResult.Interface;
import io.gantry.cni.plugin.CniResult.IpConfig;
import io.gantry.cni.plugin.CniResult.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes a result in the form of a given specification version, as {@code prevResult} must be. */
public final class CniResultWriter {
    private CniResultWriter() {}

    /**
     * The result as JSON: before 1.0.0 each address says its IP version; before 1.1.0 the fields that 1.1.0 added are left
     * out.
     */
    public static ObjectNode write(CniResult result, CniVersion version) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("cniVersion", version.text());
        boolean detailed = version.isAtLeast(CniVersion.V1_1_0);
        ArrayNode interfaces = json.putArray("interfaces");
        result.interfaces().forEach(i -> writeInterface(interfaces.addObject(), i, detailed));
        ArrayNode ips = json.putArray("ips");
        boolean sayFamily = !version.isAtLeast(CniVersion.V1_0_0);
        result.ips().forEach(ip -> writeIp(ips.addObject(), ip, sayFamily));
        ArrayNode routes = json.putArray("routes");
        result.routes().forEach(r -> writeRoute(routes.addObject(), r, detailed));
        writeDns(json, result.dns());
        return json;
    }

    private static void writeInterface(ObjectNode node, Interface value, boolean detailed) {
        node.put("name", value.name());
        put(node, "mac", value.mac());
        if (detailed) {
            put(node, "mtu", value.mtu());
        }
        put(node, "sandbox", value.sandbox());
        if (detailed) {
            put(node, "socketPath", value.socketPath());
            put(node, "pciID", value.pciId());
        }
    }

    private static void writeIp(ObjectNode node, IpConfig value, boolean sayFamily) {
        if (sayFamily) {
            node.put("version", value.ip().contains(":") ? "6" : "4");
        }
        put(node, "interface", value.interfaceIndex());
        node.put("address", value.address());
        put(node, "gateway", value.gateway());
    }

    private static void writeRoute(ObjectNode node, Route value, boolean detailed) {
        node.put("dst", value.dst());
        put(node, "gw", value.gw());
        if (detailed) {
            put(node, "mtu", value.mtu());
            put(node, "advmss", value.advmss());
            put(node, "priority", value.priority());
            put(node, "table", value.table());
            put(node, "scope", value.scope());
        }
    }

    private static void writeDns(ObjectNode json, Dns dns) {
        if (dns.equals(Dns.NONE)) {
            return;
        }
        ObjectNode node = json.putObject("dns");
        put(node, "nameservers", dns.nameservers());
        put(node, "domain", dns.domain());
        put(node, "search", dns.search());
        put(node, "options", dns.options());
    }

    private static void put(ObjectNode node, String key, @Nullable String value) {
        if (value != null) {
            node.put(key, value);
        }
    }

    private static void put(ObjectNode node, String key, @Nullable Integer value) {
        if (value != null) {
            node.put(key, value.intValue());
        }
    }

    private static void put(ObjectNode node, String key, List<String> values) {
        if (!values.isEmpty()) {
            ArrayNode list = node.putArray(key);
            values.forEach(list::add);
        }
    }
}

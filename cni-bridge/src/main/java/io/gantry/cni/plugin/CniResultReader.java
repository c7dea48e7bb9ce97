package io.gantry.cni.plugin;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.plugin.CniResult.Dns;
import io.gantry.cni.plugin.CniResult.Interface;
import io.gantry.cni.plugin.CniResult.IpConfig;
import io.gantry.cni.plugin.CniResult.Route;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads results of specification versions 0.3.0 to 1.1.0. */
public final class CniResultReader {
    private CniResultReader() {}

    /**
     * Reads a result.
     *
     * @param assumed the version to assume when the plugin left {@code cniVersion} out, as some do
     * @throws MalformedResult when it is not a result; nothing of it is used then
     */
    public static CniResult read(JsonNode json, CniVersion assumed) throws MalformedResult {
        if (!json.isObject()) {
            throw new MalformedResult("it is not a JSON object");
        }
        CniVersion version = version(json, assumed);
        if (json.has("ip4") || json.has("ip6")) {
            throw new MalformedResult("it is a result of specification 0.2.0 or older (ip4, ip6)");
        }
        List<Interface> interfaces = new ArrayList<>();
        for (JsonNode node : list(json, "interfaces")) {
            interfaces.add(readInterface(node));
        }
        List<IpConfig> ips = new ArrayList<>();
        for (JsonNode node : list(json, "ips")) {
            ips.add(readIp(node, interfaces.size()));
        }
        List<Route> routes = new ArrayList<>();
        for (JsonNode node : list(json, "routes")) {
            routes.add(readRoute(node));
        }
        return new CniResult(version, interfaces, ips, routes, readDns(json.path("dns")));
    }

    private static CniVersion version(JsonNode json, CniVersion assumed) throws MalformedResult {
        String text = text(json, "cniVersion");
        if (text == null || text.isEmpty()) {
            return assumed;
        }
        return CniVersion.find(text)
                .orElseThrow(() -> new MalformedResult("its cniVersion " + text + " is none of " + CniVersion.all()));
    }

    private static Interface readInterface(JsonNode node) throws MalformedResult {
        String name = text(node, "name");
        if (name == null) {
            throw new MalformedResult("an interface has no name");
        }
        return new Interface(
                name,
                text(node, "mac"),
                number(node, "mtu"),
                text(node, "sandbox"),
                text(node, "socketPath"),
                text(node, "pciID"));
    }

    private static IpConfig readIp(JsonNode node, int interfaceCount) throws MalformedResult {
        String address = text(node, "address");
        if (address == null) {
            throw new MalformedResult("an IP has no address");
        }
        checkPrefix(address);
        String gateway = emptyToNull(text(node, "gateway"));
        if (gateway != null) {
            parse(gateway);
        }
        Integer index = number(node, "interface");
        if (index != null && (index < 0 || index >= interfaceCount)) {
            throw new MalformedResult(
                    "address " + address + " belongs to interface " + index + " of " + interfaceCount);
        }
        return new IpConfig(address, gateway, index);
    }

    private static Route readRoute(JsonNode node) throws MalformedResult {
        String dst = text(node, "dst");
        if (dst == null) {
            throw new MalformedResult("a route has no dst");
        }
        checkPrefix(dst);
        String gw = emptyToNull(text(node, "gw"));
        if (gw != null) {
            parse(gw);
        }
        return new Route(
                dst,
                gw,
                number(node, "mtu"),
                number(node, "advmss"),
                number(node, "priority"),
                number(node, "table"),
                number(node, "scope"));
    }

    private static Dns readDns(JsonNode node) throws MalformedResult {
        if (node.isMissingNode() || node.isNull()) {
            return Dns.NONE;
        }
        return new Dns(
                texts(node, "nameservers"),
                emptyToNull(text(node, "domain")),
                texts(node, "search"),
                texts(node, "options"));
    }

    private static void checkPrefix(String cidr) throws MalformedResult {
        int slash = cidr.indexOf('/');
        if (slash < 0) {
            throw new MalformedResult(cidr + " has no prefix length");
        }
        int longest = parse(cidr.substring(0, slash)) instanceof Inet4Address ? 32 : 128;
        try {
            int prefix = Integer.parseInt(cidr.substring(slash + 1));
            if (prefix >= 0 && prefix <= longest) {
                return;
            }
        } catch (NumberFormatException e) {
            // falls through to the error below
        }
        throw new MalformedResult(cidr + " has a wrong prefix length");
    }

    private static InetAddress parse(String address) throws MalformedResult {
        try {
            return InetAddress.ofLiteral(address);
        } catch (IllegalArgumentException e) {
            throw new MalformedResult(address + " is not an IP address");
        }
    }

    private static Iterable<JsonNode> list(JsonNode json, String key) throws MalformedResult {
        JsonNode node = json.path(key);
        if (node.isMissingNode() || node.isNull()) {
            return List.of();
        }
        if (!node.isArray()) {
            throw new MalformedResult("its " + key + " is not a list");
        }
        return node;
    }

    private static @Nullable String text(JsonNode node, String key) throws MalformedResult {
        JsonNode value = node.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isString()) {
            throw new MalformedResult(key + " is " + value + ", not a string");
        }
        return value.stringValue();
    }

    private static List<String> texts(JsonNode node, String key) throws MalformedResult {
        List<String> texts = new ArrayList<>();
        for (JsonNode value : list(node, key)) {
            if (!value.isString()) {
                throw new MalformedResult(key + " holds " + value + ", not a string");
            }
            texts.add(value.stringValue());
        }
        return texts;
    }

    private static @Nullable Integer number(JsonNode node, String key) throws MalformedResult {
        JsonNode value = node.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new MalformedResult(key + " is " + value + ", not a whole number");
        }
        return value.intValue();
    }

    private static @Nullable String emptyToNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }
}

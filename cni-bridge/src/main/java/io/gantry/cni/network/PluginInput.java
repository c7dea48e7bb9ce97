package io.gantry.cni.network;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.conflist.PluginConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a plugin reads on standard input: its configuration object with the network's name, the version, and what the verb
 * adds. The key {@code capabilities} stays in, as every runtime leaves it: some plugins hand it on to others.
 *
 * @see <a href="https://www.cni.dev/docs/spec/#deriving-request-configuration-from-plugin-configuration">CNI
 *     specification, section 3, deriving request configuration</a>
 */
final class PluginInput {
    private PluginInput() {}

    /** For ADD and DEL. */
    static ObjectNode forAttachment(
            String network,
            CniVersion version,
            PluginConfig plugin,
            Map<String, JsonNode> capabilityArgs,
            @Nullable JsonNode prevResult) {
        ObjectNode input = forNetwork(network, version, plugin);
        Set<String> capabilities = plugin.capabilities();
        if (capabilityArgs.keySet().stream().anyMatch(capabilities::contains)) {
            ObjectNode runtimeConfig = input.putObject("runtimeConfig");
            capabilityArgs.forEach((name, value) -> {
                if (capabilities.contains(name)) {
                    runtimeConfig.set(name, value);
                }
            });
        }
        if (prevResult != null) {
            input.set("prevResult", prevResult);
        }
        return input;
    }

    /** For STATUS, which is about the network alone. */
    static ObjectNode forNetwork(String network, CniVersion version, PluginConfig plugin) {
        ObjectNode input = plugin.json();
        List<String> reserved = input.propertyNames().stream()
                .filter(key -> key.startsWith("cni.dev/"))
                .toList();
        reserved.forEach(input::remove);
        input.remove("prevResult");
        input.put("cniVersion", version.text());
        input.put("name", network);
        return input;
    }

    /**
     * For GC.
     *
     * @param attachments sandbox id and interface name of each attachment that is still valid
     */
    static ObjectNode forCollection(
            String network, CniVersion version, PluginConfig plugin, List<Map.Entry<String, String>> attachments) {
        ObjectNode input = forNetwork(network, version, plugin);
        ArrayNode valid = input.putArray("cni.dev/valid-attachments");
        attachments.forEach(attachment -> {
            ObjectNode entry = valid.addObject();
            entry.put("containerID", attachment.getKey());
            entry.put("ifname", attachment.getValue());
        });
        // The same list under the name that an early form of specification 1.1 gave it, which plugins of then read.
        input.set("cni.dev/attachments", valid.deepCopy());
        return input;
    }
}

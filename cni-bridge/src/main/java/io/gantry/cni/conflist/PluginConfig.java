package io.gantry.cni.conflist;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The configuration object of one plugin in a chain, as it stands in the file. */
public final class PluginConfig {
    private final String type;
    private final ObjectNode json;

    /** @param json an object with a non-empty {@code type}; copied */
    public PluginConfig(ObjectNode json) {
        this.json = json.deepCopy();
        this.type = json.path("type").asString("");
        if (type.isEmpty()) {
            throw new IllegalArgumentException("plugin configuration has no type");
        }
    }

    /** The name of the plugin's program. */
    public String type() {
        return type;
    }

    /** A copy that the caller may change. */
    public ObjectNode json() {
        return json.deepCopy();
    }

    /** The capabilities that the configuration switches on: which run-time arguments the plugin wants. */
    public Set<String> capabilities() {
        Set<String> names = new LinkedHashSet<>();
        json.path("capabilities").properties().forEach(entry -> {
            if (entry.getValue().booleanValue(false)) {
                names.add(entry.getKey());
            }
        });
        return names;
    }

    /** The program that the plugin delegates address management to, if it names one. */
    public Optional<String> ipamType() {
        JsonNode ipam = json.path("ipam").path("type");
        return ipam.isString() && !ipam.stringValue().isEmpty() ? Optional.of(ipam.stringValue()) : Optional.empty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PluginConfig config && json.equals(config.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    @Override
    public String toString() {
        return "PluginConfig[" + type + "]";
    }
}

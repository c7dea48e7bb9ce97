package io.gantry.pod.spec;

import io.gantry.pod.config.IdMapping;
import java.util.Collection;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Short names for making JSON trees. */
final class Nodes {
    private Nodes() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    static ArrayNode strings(Collection<String> values) {
        ArrayNode array = array();
        values.forEach(array::add);
        return array;
    }

    /** Mappings in the form of config-linux.md, "User namespace mappings". */
    static ArrayNode idMappings(List<IdMapping> mappings) {
        ArrayNode array = array();
        for (IdMapping mapping : mappings) {
            array.addObject()
                    .put("containerID", mapping.containerId())
                    .put("hostID", mapping.hostId())
                    .put("size", mapping.length());
        }
        return array;
    }
}

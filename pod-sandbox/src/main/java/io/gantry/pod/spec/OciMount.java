package io.gantry.pod.spec;

import io.gantry.pod.config.IdMapping;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One entry of {@code mounts} (OCI runtime-spec, config.md, "Mounts"). */
record OciMount(
        String destination,
        String type,
        String source,
        List<String> options,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings) {
    static OciMount of(String destination, String type, String source, List<String> options) {
        return new OciMount(destination, type, source, options, List.of(), List.of());
    }

    /** A mount of a base specification; what is not there is empty. */
    static OciMount parse(JsonNode json) {
        return of(
                json.path("destination").asString(""),
                json.path("type").asString(""),
                json.path("source").asString(""),
                json.path("options").valueStream().map(JsonNode::asString).toList());
    }

    /** How many directories deep the destination lies: mounts are made from the root downwards. */
    int depth() {
        return (int) destination.chars().filter(c -> c == '/').count() - (destination.equals("/") ? 1 : 0);
    }

    /** Puts the mounts of a specification into order again, after some were added. */
    static void sort(ObjectNode spec) {
        List<JsonNode> mounts =
                new ArrayList<>(spec.withArray("mounts").valueStream().toList());
        mounts.sort(Comparator.comparingInt(mount -> parse(mount).depth()));
        ArrayNode sorted = spec.putArray("mounts");
        mounts.forEach(sorted::add);
    }

    ObjectNode toJson() {
        ObjectNode json = Nodes.object().put("destination", destination);
        if (!type.isEmpty()) {
            json.put("type", type);
        }
        if (!source.isEmpty()) {
            json.put("source", source);
        }
        json.set("options", Nodes.strings(options));
        if (!uidMappings.isEmpty()) {
            json.set("uidMappings", Nodes.idMappings(uidMappings));
        }
        if (!gidMappings.isEmpty()) {
            json.set("gidMappings", Nodes.idMappings(gidMappings));
        }
        return json;
    }
}

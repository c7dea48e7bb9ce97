package io.gantry.pod.spec;

import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Device nodes in a user namespace, where nobody can make any: runtimes bind the host's node of the same path there. A
 * device that has another path on the host becomes a mount instead.
 */
final class UnmadeDevices {
    private UnmadeDevices() {}

    /** Does nothing for a container of the host's user namespace. */
    static void bind(SpecContext context, ObjectNode spec) {
        if (!context.request().pod().security().namespaces().usesUserNamespace()) {
            return;
        }
        ArrayNode devices = spec.withObject("linux").withArray("devices");
        for (int i = devices.size() - 1; i >= 0; i--) {
            String path = devices.get(i).path("path").asString("");
            String hostPath = context.devices().getOrDefault(path, path);
            if (!hostPath.equals(path)) {
                devices.remove(i);
                spec.withArray("mounts")
                        .add(OciMount.of(path, "bind", hostPath, List.of("bind", "rprivate", "nosuid", "noexec"))
                                .toJson());
            }
        }
        if (devices.isEmpty()) {
            spec.withObject("linux").remove("devices");
        }
        OciMount.sort(spec);
    }
}

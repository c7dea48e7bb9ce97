package io.gantry.pod.plugin;

import io.gantry.pod.config.LinuxResources;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * New limits of a container.
 *
 * @param limits what CRI has words for; zero or empty stays as it is
 * @param others limits that CRI has no words for, as the {@code resources} of the OCI runtime-spec; they win over the same
 *     ones of {@code limits}
 */
public record ResourceChange(LinuxResources limits, ObjectNode others) {
    /** Only what CRI has words for. */
    public static ResourceChange of(LinuxResources limits) {
        return new ResourceChange(limits, JsonNodeFactory.instance.objectNode());
    }
}

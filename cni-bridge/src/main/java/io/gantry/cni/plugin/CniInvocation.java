package io.gantry.cni.plugin;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One call of one plugin.
 *
 * @param plugin name of the plugin's program
 * @param config what the plugin reads on standard input
 * @param target the attachment, for ADD and DEL; null for the verbs that concern the whole network
 * @param timeout how long the plugin may run before it is killed with its process group
 * @param action what the caller is doing, with its subject, for errors: {@code "attach sandbox 3f2a to network pods"}
 */
public record CniInvocation(
        CniVerb verb,
        String plugin,
        JsonNode config,
        @Nullable CniTarget target,
        Duration timeout,
        String action) {}

package io.gantry.cni.plugin;

import io.gantry.platform.concurrent.Deadline;

/**
 * A plugin that runs now.
 *
 * @param sandboxId the sandbox that it works for; empty when it works for the whole network
 * @param action what it is run for, as in errors
 * @param sinceNanos the {@link System#nanoTime} at which it was started
 * @param deadline when it will be killed
 */
public record PluginRun(
        CniVerb verb, String plugin, String sandboxId, String action, long sinceNanos, Deadline deadline) {}

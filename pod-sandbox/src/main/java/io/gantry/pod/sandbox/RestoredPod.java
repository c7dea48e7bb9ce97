package io.gantry.pod.sandbox;

import java.util.Map;

/**
 * A pod that was made from a checkpoint.
 *
 * @param sandboxId of its sandbox, which is READY
 * @param containers ids by names, each CREATED
 */
public record RestoredPod(String sandboxId, Map<String, String> containers) {
    public RestoredPod {
        containers = Map.copyOf(containers);
    }
}

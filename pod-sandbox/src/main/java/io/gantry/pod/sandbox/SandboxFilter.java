package io.gantry.pod.sandbox;

import io.gantry.pod.state.PodSandbox;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which sandboxes to list; every given part must match (api.proto PodSandboxFilter).
 *
 * @param id id or its beginning, or empty
 * @param ready null for any
 * @param labels all of these labels
 */
public record SandboxFilter(String id, @Nullable Boolean ready, Map<String, String> labels) {
    /** Every sandbox. */
    public static final SandboxFilter ALL = new SandboxFilter("", null, Map.of());

    public SandboxFilter {
        labels = Map.copyOf(labels);
    }

    public boolean matches(PodSandbox sandbox) {
        return sandbox.id().startsWith(id)
                && (ready == null || sandbox.isReady() == ready)
                && sandbox.config().labels().entrySet().containsAll(labels.entrySet());
    }
}

package io.gantry.pod.container;

import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which containers to list; every given part must match (api.proto ContainerFilter).
 *
 * @param id id or its beginning, or empty
 * @param sandboxId id of the sandbox or its beginning, or empty
 * @param phase null for any
 * @param labels all of these labels
 */
public record ContainerFilter(
        String id, String sandboxId, @Nullable ContainerPhase phase, Map<String, String> labels) {
    /** Every container. */
    public static final ContainerFilter ALL = new ContainerFilter("", "", null, Map.of());

    public ContainerFilter {
        labels = Map.copyOf(labels);
    }

    public boolean matches(Container container) {
        return container.id().startsWith(id)
                && container.sandboxId().startsWith(sandboxId)
                && (phase == null || container.status().phase() == phase)
                && container.config().labels().entrySet().containsAll(labels.entrySet());
    }
}

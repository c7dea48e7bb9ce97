package io.gantry.pod.stats;

import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who is there as a call begins: running containers by sandbox, and which cgroup is whose. */
final class Census {
    private final PodCgroups podCgroups;
    private final Map<String, List<Container>> running = new HashMap<>();

    Census(PodState state) {
        this.podCgroups = new PodCgroups(state.sandboxes().all());
        for (Container container : state.containers().all()) {
            if (container.status().isRunning()) {
                running.computeIfAbsent(container.sandboxId(), id -> new ArrayList<>())
                        .add(container);
            }
        }
    }

    PodCgroups podCgroups() {
        return podCgroups;
    }

    List<Container> running(PodSandbox sandbox) {
        return running.getOrDefault(sandbox.id(), List.of());
    }
}

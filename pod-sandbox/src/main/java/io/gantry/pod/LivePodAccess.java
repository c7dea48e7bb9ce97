package io.gantry.pod;

import io.gantry.platform.storage.Json;
import io.gantry.pod.container.Containers;
import io.gantry.pod.plugin.PodAccess;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The pods of this node, for plugins. */
record LivePodAccess(PodState state, Containers all) implements PodAccess {
    private static final Duration GRACE = Duration.ofSeconds(10);

    @Override
    public List<PodSandbox> sandboxes() {
        Set<String> inUse = containers().stream().map(Container::sandboxId).collect(Collectors.toSet());
        return state.sandboxes().all().stream()
                .filter(sandbox -> sandbox.isReady() || inUse.contains(sandbox.id()))
                .toList();
    }

    @Override
    public List<Container> containers() {
        return state.containers().all().stream()
                .filter(container -> container.status().mayHaveProcess())
                .toList();
    }

    @Override
    public Optional<JsonNode> spec(String containerId) {
        try {
            return Optional.of(Json.mapper()
                    .readTree(
                            Files.readAllBytes(state.paths().bundle(containerId).resolve(OciSpec.FILE_NAME))));
        } catch (IOException | JacksonException e) {
            return Optional.empty();
        }
    }

    @Override
    public void update(String containerId, ResourceChange change) throws InterruptedException {
        all.applyUpdate(containerId, change);
    }

    @Override
    public void evict(String containerId) throws InterruptedException {
        all.stop(containerId, GRACE);
    }
}

package io.gantry.cri.nri;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerMetadata;
import io.gantry.pod.config.ContainerSecurity;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import io.gantry.pod.plugin.PodAccess;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerStatus;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;

/** Pods that are only told of. */
final class FakeAccess implements PodAccess {
    final List<PodSandbox> sandboxes = new CopyOnWriteArrayList<>();
    final List<Container> containers = new CopyOnWriteArrayList<>();
    final Map<String, ResourceChange> updates = new ConcurrentHashMap<>();
    final List<String> evicted = new CopyOnWriteArrayList<>();

    static PodSandbox pod(String id) {
        return new PodSandbox(
                id,
                new PodSandboxConfig(
                        new SandboxMetadata("name-" + id, "uid", "ns", 0),
                        "",
                        "",
                        null,
                        List.of(),
                        Map.of("label", "x".repeat(100)),
                        Map.of(),
                        "/kubepods",
                        new SandboxSecurity(
                                NamespaceOptions.DEFAULT,
                                null,
                                null,
                                null,
                                false,
                                List.of(),
                                SupplementalGroupsPolicy.MERGE,
                                false,
                                null,
                                null),
                        Map.of(),
                        null,
                        null),
                "",
                "runc",
                SandboxState.READY,
                Instant.EPOCH,
                "host",
                null,
                "boot",
                List.of("10.0.0.1"),
                false,
                "/kubepods/" + id,
                "");
    }

    static Container container(String id, PodSandbox pod) {
        return new Container(
                id,
                pod.id(),
                new ContainerConfig(
                        new ContainerMetadata("name-" + id, 0),
                        new ImageSpec("image", Map.of(), "", "", ""),
                        List.of(),
                        List.of(),
                        "",
                        List.of(),
                        List.of(),
                        List.of(),
                        Map.of(),
                        Map.of(),
                        "",
                        false,
                        false,
                        false,
                        LinuxResources.NONE,
                        new ContainerSecurity(
                                List.of(),
                                List.of(),
                                List.of(),
                                false,
                                NamespaceOptions.DEFAULT,
                                null,
                                null,
                                null,
                                "",
                                false,
                                List.of(),
                                SupplementalGroupsPolicy.MERGE,
                                false,
                                List.of(),
                                List.of(),
                                null,
                                null),
                        List.of(),
                        ""),
                ContainerStatus.creating(Instant.EPOCH),
                "runc",
                "sha256:config",
                "image@sha256:manifest",
                "",
                "SIGTERM",
                "/kubepods/" + id,
                LinuxResources.NONE,
                null,
                "boot");
    }

    @Override
    public List<PodSandbox> sandboxes() {
        return sandboxes;
    }

    @Override
    public List<Container> containers() {
        return containers;
    }

    @Override
    public Optional<JsonNode> spec(String containerId) {
        return Optional.empty();
    }

    @Override
    public void update(String containerId, ResourceChange change) {
        if (containerId.startsWith("unknown")) {
            throw GantryException.of(ErrorKind.NOT_FOUND, "find container " + containerId, "there is none");
        }
        updates.put(containerId, change);
    }

    @Override
    public void evict(String containerId) {
        evicted.add(containerId);
    }
}

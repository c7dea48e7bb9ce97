package io.gantry.pod.testing;

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
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerStatus;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Sandboxes and containers for tests that run none. */
public final class Samples {
    public static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");

    private Samples() {}

    public static PodSandboxConfig sandboxConfig(String name, NamespaceOptions namespaces) {
        return new PodSandboxConfig(
                new SandboxMetadata(name, "uid-" + name, "default", 0),
                name,
                "",
                null,
                List.of(),
                Map.of("pod", name),
                Map.of(),
                "/gantry-test-none",
                new SandboxSecurity(
                        namespaces,
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
                null);
    }

    public static PodSandbox sandbox(String id, SandboxState state) {
        return new PodSandbox(
                id,
                sandboxConfig(id, NamespaceOptions.DEFAULT),
                "",
                "runc",
                state,
                TIME,
                id,
                null,
                "boot",
                List.of(),
                false,
                "/gantry-test-none/" + id,
                "");
    }

    public static ContainerConfig containerConfig(String name, NamespaceOptions namespaces) {
        return new ContainerConfig(
                new ContainerMetadata(name, 0),
                new ImageSpec("busybox", Map.of(), "busybox", "", ""),
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
                        namespaces,
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
                "");
    }

    /** A container whose record was just written. */
    public static Container container(String id, String sandboxId) {
        return new Container(
                id,
                sandboxId,
                containerConfig(id, NamespaceOptions.DEFAULT),
                ContainerStatus.creating(TIME),
                "runc",
                "sha256:1",
                "sha256:1",
                "",
                "SIGTERM",
                "/gantry-test-none/" + id,
                LinuxResources.NONE,
                null,
                "boot");
    }
}

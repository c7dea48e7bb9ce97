package io.gantry.pod.stats;

import io.gantry.platform.linux.ProcessIdentity;
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

/** Records of sandboxes and containers, with what stats look at. */
public final class PodFixture {
    static final Instant STARTED = Instant.ofEpochSecond(1_700_000_000);

    private PodFixture() {}

    /** A ready sandbox whose cgroup is {@code PARENT/ID}. */
    public static PodSandbox sandbox(String id, String uid, String parent) {
        return new PodSandbox(
                id,
                new PodSandboxConfig(
                        new SandboxMetadata("web-" + uid, uid, "default", 0),
                        "web",
                        "",
                        null,
                        List.of(),
                        Map.of("app", "web"),
                        Map.of(),
                        parent,
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
                STARTED,
                "web",
                null,
                "boot",
                List.of("10.0.0.2"),
                false,
                (parent.isEmpty() ? "/gantry" : parent) + "/" + id,
                "");
    }

    /** A running container whose cgroup is {@code PARENT/ID}. */
    public static Container container(String id, String sandboxId, String parent, LinuxResources resources) {
        ProcessIdentity process = new ProcessIdentity(1, 0);
        return new Container(
                id,
                sandboxId,
                config("main", resources),
                ContainerStatus.creating(STARTED)
                        .created(process, process)
                        .starting(STARTED)
                        .running(STARTED),
                "runc",
                "sha256:1",
                "busybox@sha256:2",
                "",
                "SIGTERM",
                (parent.isEmpty() ? "/gantry" : parent) + "/" + id,
                resources,
                null,
                "boot");
    }

    private static ContainerConfig config(String name, LinuxResources resources) {
        return new ContainerConfig(
                new ContainerMetadata(name, 1),
                new ImageSpec("sha256:1", Map.of(), "registry.k8s.io/busybox:1", "", ""),
                List.of(),
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                Map.of("tier", name),
                Map.of(),
                "",
                false,
                false,
                false,
                resources,
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
                "");
    }
}

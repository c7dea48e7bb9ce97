package io.gantry.cri.streaming;

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

/** One container, one sandbox. */
final class Pods {
    private Pods() {}

    static Container running(boolean tty) {
        return container(tty, ContainerStatus.creating(Instant.EPOCH).running(Instant.EPOCH));
    }

    static Container ended() {
        return container(false, ContainerStatus.creating(Instant.EPOCH).exited(Instant.EPOCH, 0, "Completed", ""));
    }

    private static Container container(boolean tty, ContainerStatus status) {
        ContainerConfig config = new ContainerConfig(
                new ContainerMetadata("web", 0),
                new ImageSpec("image", Map.of(), "image", "", ""),
                List.of(),
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                "",
                true,
                false,
                tty,
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
                        SupplementalGroupsPolicy.values()[0],
                        false,
                        List.of(),
                        List.of(),
                        null,
                        null),
                List.of(),
                "");
        return new Container(
                "c1",
                "s1",
                config,
                status,
                "runc",
                "sha256:0",
                "image",
                "",
                "SIGTERM",
                "/c1",
                LinuxResources.NONE,
                null,
                "boot");
    }

    static PodSandbox ready() {
        return sandbox(SandboxState.READY);
    }

    static PodSandbox stopped() {
        return sandbox(SandboxState.STOPPED);
    }

    private static PodSandbox sandbox(SandboxState state) {
        PodSandboxConfig config = new PodSandboxConfig(
                new SandboxMetadata("web", "uid", "default", 0),
                "",
                "",
                null,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                new SandboxSecurity(
                        NamespaceOptions.DEFAULT,
                        null,
                        null,
                        null,
                        false,
                        List.of(),
                        SupplementalGroupsPolicy.values()[0],
                        false,
                        null,
                        null),
                Map.of(),
                null,
                null);
        return new PodSandbox(
                "s1", config, "", "runc", state, Instant.EPOCH, "web", null, "boot", List.of(), false, "/s1", "");
    }
}

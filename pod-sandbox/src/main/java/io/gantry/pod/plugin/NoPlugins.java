package io.gantry.pod.plugin;

import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Where plugins are switched off. */
final class NoPlugins implements PodPlugins {
    private static final Admission FREE = () -> {};

    @Override
    public boolean present() {
        return false;
    }

    @Override
    public Admission admit() {
        return FREE;
    }

    @Override
    public void runPodSandbox(PodSandbox sandbox) {}

    @Override
    public void stopPodSandbox(PodSandbox sandbox) {}

    @Override
    public void removePodSandbox(PodSandbox sandbox) {}

    @Override
    public void updatePodSandbox(
            PodSandbox sandbox, @Nullable LinuxResources overhead, @Nullable LinuxResources resources) {}

    @Override
    public void postUpdatePodSandbox(PodSandbox sandbox) {}

    @Override
    public List<String> createContainer(PodSandbox sandbox, Container container, ObjectNode spec) {
        return List.of();
    }

    @Override
    public void postCreateContainer(PodSandbox sandbox, Container container) {}

    @Override
    public void startContainer(PodSandbox sandbox, Container container) {}

    @Override
    public void postStartContainer(PodSandbox sandbox, Container container) {}

    @Override
    public ResourceChange updateContainer(PodSandbox sandbox, Container container, LinuxResources change) {
        return ResourceChange.of(change);
    }

    @Override
    public void postUpdateContainer(PodSandbox sandbox, Container container) {}

    @Override
    public void stopContainer(PodSandbox sandbox, Container container) {}

    @Override
    public void removeContainer(PodSandbox sandbox, Container container) {}
}

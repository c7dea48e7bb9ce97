package io.gantry.pod.container;

import io.gantry.platform.storage.Trees;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.time.Duration;
import java.util.Optional;

/** Removes a container and all that it has on this node, but for its log, which is the kubelet's. */
final class RemoveContainer {
    private final ContainerParts parts;
    private final ContainerExits exits;
    private final StopContainer stop;
    private final ContainerCleanup cleanup;

    RemoveContainer(ContainerParts parts, ContainerExits exits, StopContainer stop, ContainerCleanup cleanup) {
        this.parts = parts;
        this.exits = exits;
        this.stop = stop;
        this.cleanup = cleanup;
    }

    /** A running container is killed first. When this fails, the record stays and the next call goes on. */
    void execute(Container container, Activity activity) throws InterruptedException {
        stop.execute(container, Duration.ZERO, activity);
        activity.step("notice", "its end to be noticed and told");
        exits.awaitNotice(container.id());
        activity.step("files");
        cleanup.finish(container);
        parts.images().removeRootfs(container.id(), parts.state().paths().rootfs(container.id()));
        Trees.delete(parts.state().paths().bundle(container.id()));
        parts.exits().remove(container.id());
        Container last = parts.state().containers().find(container.id()).orElse(container);
        parts.state().containers().remove(container.id());
        parts.activities().forget(container.id());
        cleanup.forget(container.id());
        exits.forget(container);
        parts.events()
                .publish(new PodEvent(
                        PodEvent.Kind.DELETED,
                        container.id(),
                        container.sandboxId(),
                        parts.clock().instant()));
        Optional<PodSandbox> sandbox = parts.state().sandboxes().find(container.sandboxId());
        if (sandbox.isPresent()) {
            activity.step("tell", parts.plugins().present() ? "NRI plugins" : "");
            parts.plugins().removeContainer(sandbox.get(), last);
        }
    }
}

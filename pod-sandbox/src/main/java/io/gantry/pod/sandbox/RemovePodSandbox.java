package io.gantry.pod.sandbox;

import io.gantry.platform.error.GantryException;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes a sandbox with its containers; one that is not stopped is stopped first, by force. */
final class RemovePodSandbox {
    private static final Logger log = LoggerFactory.getLogger(RemovePodSandbox.class);

    private final SandboxParts parts;
    private final StopPodSandbox stop;

    RemovePodSandbox(SandboxParts parts, StopPodSandbox stop) {
        this.parts = parts;
        this.stop = stop;
    }

    void execute(PodSandbox sandbox, Activity activity) throws InterruptedException {
        if (sandbox.state() != SandboxState.STOPPED) {
            stopByForce(sandbox, activity);
        }
        activity.parts("containers");
        for (Container container : parts.state().containersOf(sandbox.id())) {
            parts.containers().remove(container.id());
        }
        activity.step("files");
        // Once more: a parent that Gantry made stays while a container's cgroup is in it.
        parts.cgroups().remove(sandbox.cgroup());
        parts.files().remove(sandbox.id());
        parts.state().sandboxes().remove(sandbox.id());
        stop.forget(sandbox.id());
        parts.activities().forget(sandbox.id());
        if (sandbox.state() != SandboxState.CREATING) {
            activity.step("tell", parts.plugins().present() ? "NRI plugins" : "");
            parts.plugins().removePodSandbox(sandbox);
            parts.events()
                    .publish(new PodEvent(
                            PodEvent.Kind.DELETED,
                            sandbox.id(),
                            sandbox.id(),
                            parts.clock().instant()));
        }
        log.info(
                "sandbox removed: sandbox={} pod={}",
                sandbox.id(),
                sandbox.config().metadata().display());
    }

    /** A network that cannot be given back does not keep a pod forever: its lease is left to the garbage collection. */
    private void stopByForce(PodSandbox sandbox, Activity activity) throws InterruptedException {
        try {
            stop.execute(sandbox, activity);
        } catch (GantryException e) {
            log.warn(
                    "sandbox is removed though its stop failed: sandbox={} error=\"{}\"", sandbox.id(), e.getMessage());
            for (Container container : parts.state().containersOf(sandbox.id())) {
                parts.containers().remove(container.id());
            }
            stop.release(sandbox);
        }
    }
}

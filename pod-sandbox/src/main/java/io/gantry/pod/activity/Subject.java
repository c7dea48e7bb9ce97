package io.gantry.pod.activity;

import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.Optional;

/**
 * What a call is about; empty where that is not known, or not known yet.
 *
 * @param container name of the container, empty for the pod itself
 */
public record Subject(String namespace, String pod, String sandboxId, String container, String containerId) {
    /** A pod that has no id yet. */
    public static Subject pod(SandboxMetadata metadata) {
        return new Subject(metadata.namespace(), metadata.name(), "", "", "");
    }

    public static Subject of(PodSandbox sandbox) {
        return pod(sandbox.config().metadata()).withSandboxId(sandbox.id());
    }

    /** @param sandbox that of the container, where it is still known */
    public static Subject of(Container container, Optional<PodSandbox> sandbox) {
        Subject pod = sandbox.map(Subject::of).orElseGet(() -> new Subject("", "", container.sandboxId(), "", ""));
        return pod.withContainer(container.config().metadata().name(), container.id());
    }

    public Subject withSandboxId(String id) {
        return new Subject(namespace, pod, id, container, containerId);
    }

    public Subject withContainer(String name, String id) {
        return new Subject(namespace, pod, sandboxId, name, id);
    }

    /** The id of the container, or else that of the sandbox. */
    String id() {
        return containerId.isEmpty() ? sandboxId : containerId;
    }

    /** Whether it is a container, not the pod itself. */
    public boolean ofContainer() {
        return !container.isEmpty() || !containerId.isEmpty();
    }

    /** Whether it is this pod, by its id, or where that is not known, by its name. */
    public boolean samePod(Subject other) {
        return sandboxId.isEmpty() || other.sandboxId.isEmpty()
                ? !pod.isEmpty() && pod.equals(other.pod) && namespace.equals(other.namespace)
                : sandboxId.equals(other.sandboxId);
    }
}

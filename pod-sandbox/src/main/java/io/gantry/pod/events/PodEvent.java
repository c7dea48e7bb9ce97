package io.gantry.pod.events;

import java.time.Instant;

/** Something that happened to a container or, with the sandbox's own id, to a sandbox (api.proto ContainerEventResponse). */
public record PodEvent(Kind kind, String containerId, String sandboxId, Instant at) {
    /** What happened (api.proto ContainerEventType). */
    public enum Kind {
        CREATED,
        STARTED,
        STOPPED,
        DELETED
    }
}

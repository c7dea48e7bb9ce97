package io.gantry.cri.translate;

import io.gantry.cri.v1.ContainerEventResponse;
import io.gantry.cri.v1.ContainerEventType;
import io.gantry.pod.events.EventNotice;
import io.gantry.pod.events.PodEvent;

/** Events of containers and sandboxes. */
public final class EventMessages {
    private EventMessages() {}

    /** An event with its sandbox and containers; of a sandbox that is gone, the event alone. */
    public static ContainerEventResponse event(EventNotice notice) {
        ContainerEventResponse.Builder message = ContainerEventResponse.newBuilder()
                .setContainerId(notice.event().containerId())
                .setContainerEventType(type(notice.event().kind()))
                .setCreatedAt(Checks.nanos(notice.event().at()))
                .addAllContainersStatuses(notice.containers().stream()
                        .map(ContainerMessages::status)
                        .toList());
        if (notice.sandbox() != null) {
            message.setPodSandboxStatus(SandboxMessages.status(notice.sandbox()));
        }
        return message.build();
    }

    private static ContainerEventType type(PodEvent.Kind kind) {
        return switch (kind) {
            case CREATED -> ContainerEventType.CONTAINER_CREATED_EVENT;
            case STARTED -> ContainerEventType.CONTAINER_STARTED_EVENT;
            case STOPPED -> ContainerEventType.CONTAINER_STOPPED_EVENT;
            case DELETED -> ContainerEventType.CONTAINER_DELETED_EVENT;
        };
    }
}

package io.gantry.cri.runtime;

import io.gantry.cri.grpc.Calls;
import io.gantry.cri.translate.EventMessages;
import io.gantry.cri.v1.ContainerEventResponse;
import io.gantry.pod.events.EventStream;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;

/** Serves one subscriber of GetContainerEvents until it leaves, is too slow, or the daemon stops. */
final class EventCalls {
    /**
     * How often a client that cannot take more is looked at. The call's own thread waits, so gRPC has none to say when.
     */
    private static final Duration POLL = Duration.ofMillis(20);

    private EventCalls() {}

    /** Runs on the call's thread, which is interrupted when the client leaves; the subscription is gone on return. */
    static void serve(StatsOperations stats, StreamObserver<ContainerEventResponse> client) {
        Calls.feed(client, () -> {
            try (EventStream events = stats.events()) {
                while (true) {
                    awaitReady(client, events);
                    client.onNext(EventMessages.event(events.take()));
                }
            }
        });
    }

    /** What the client does not take waits in the bounded queue, not in gRPC's unbounded one. */
    private static void awaitReady(StreamObserver<ContainerEventResponse> client, EventStream events)
            throws InterruptedException {
        if (client instanceof ServerCallStreamObserver<ContainerEventResponse> call) {
            while (!call.isReady()) {
                events.pause(POLL);
            }
        }
    }
}

package io.gantry.cri.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.grpc.TestServer;
import io.gantry.cri.v1.ContainerEventResponse;
import io.gantry.cri.v1.ContainerEventType;
import io.gantry.cri.v1.GetEventsRequest;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.pod.events.PodEvent;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventEndpointTests {
    private final FakePods pods = new FakePods();
    private final FakeStats stats = new FakeStats();
    private final TestServer test = new TestServer();

    @BeforeEach
    void serve() {
        test.serving(
                new RuntimeServiceEndpoint(pods, pods.containerSide, request -> "", pods, stats, Clock.systemUTC()));
    }

    @AfterEach
    void close() {
        stats.streams.close();
        test.close();
    }

    /** Takes messages only when it is asked to, as a client does that is busy with something else. */
    private static final class Subscriber implements ClientResponseObserver<GetEventsRequest, ContainerEventResponse> {
        final List<ContainerEventResponse> received = new CopyOnWriteArrayList<>();
        final CompletableFuture<Status> end = new CompletableFuture<>();
        private final int initially;
        private @Nullable ClientCallStreamObserver<GetEventsRequest> call;

        Subscriber(int initially) {
            this.initially = initially;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<GetEventsRequest> starting) {
            call = starting;
            starting.disableAutoRequestWithInitial(initially);
        }

        ClientCallStreamObserver<GetEventsRequest> call() {
            return Objects.requireNonNull(call);
        }

        @Override
        public void onNext(ContainerEventResponse event) {
            received.add(event);
        }

        @Override
        public void onError(Throwable failure) {
            end.complete(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }

        Status end() throws Exception {
            return end.get(60, TimeUnit.SECONDS);
        }
    }

    private Subscriber subscribe(int initially) throws Exception {
        Subscriber subscriber = new Subscriber(initially);
        int before = stats.streams.size();
        RuntimeServiceGrpc.newStub(test.runtime().getChannel())
                .getContainerEvents(GetEventsRequest.getDefaultInstance(), subscriber);
        await(() -> stats.streams.size() > before);
        return subscriber;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 3000; i++) {
            if (condition.getAsBoolean()) {
                return;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("it did not come to pass in half a minute");
    }

    private void publish(PodEvent.Kind kind, String container) {
        stats.events.publish(new PodEvent(kind, container, "p1", Instant.ofEpochSecond(5, 6)));
    }

    @Test
    void everySubscriberGetsEveryEventInOrder() throws Exception {
        Subscriber one = subscribe(Integer.MAX_VALUE);
        Subscriber other = subscribe(Integer.MAX_VALUE);

        for (PodEvent.Kind kind : PodEvent.Kind.values()) {
            publish(kind, "c1");
        }

        for (Subscriber subscriber : List.of(one, other)) {
            await(() -> subscriber.received.size() == 4);
            assertThat(subscriber.received)
                    .extracting(ContainerEventResponse::getContainerEventType)
                    .containsExactly(
                            ContainerEventType.CONTAINER_CREATED_EVENT,
                            ContainerEventType.CONTAINER_STARTED_EVENT,
                            ContainerEventType.CONTAINER_STOPPED_EVENT,
                            ContainerEventType.CONTAINER_DELETED_EVENT);
            ContainerEventResponse event = subscriber.received.getFirst();
            assertThat(event.getContainerId()).isEqualTo("c1");
            assertThat(event.getCreatedAt()).isEqualTo(5_000_000_006L);
            assertThat(event.hasPodSandboxStatus()).isFalse();
        }
    }

    @Test
    void aClientThatLeavesHasNoSubscription() throws Exception {
        Subscriber subscriber = subscribe(Integer.MAX_VALUE);

        subscriber.call().cancel("seen enough", null);

        await(() -> stats.streams.size() == 0);
        assertThat(subscriber.end().getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void aSlowClientIsToldAndHoldsUpNobody() throws Exception {
        Subscriber slow = subscribe(0);
        Subscriber quick = subscribe(Integer.MAX_VALUE);
        String longId = "c".repeat(10_000);
        int published = 0;

        // Windows and buffers of the connection hold some hundred of these, the queue another 1024.
        while (stats.streams.size() > 1) {
            publish(PodEvent.Kind.STARTED, longId);
            published++;
            int sent = published;
            await(() -> quick.received.size() == sent);
        }
        slow.call().request(Integer.MAX_VALUE);

        Status end = slow.end();
        assertThat(end.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(end.getDescription()).contains("1025 events were lost").contains("subscribe again");
        assertThat(slow.received).hasSize(published - 1025);
        publish(PodEvent.Kind.STOPPED, "c1");
        await(() -> quick.received.getLast().getContainerId().equals("c1"));
    }

    @Test
    void theEndOfTheDaemonEndsSubscriptions() throws Exception {
        Subscriber subscriber = subscribe(Integer.MAX_VALUE);

        stats.streams.close();

        assertThat(subscriber.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(subscriber.end().getDescription()).contains("stopping");
    }
}

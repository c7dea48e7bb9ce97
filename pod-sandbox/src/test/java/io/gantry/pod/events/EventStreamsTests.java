package io.gantry.pod.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.events.PodEvent.Kind;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodState;
import io.gantry.pod.stats.PodFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EventStreamsTests {
    private static final int CAPACITY = 16;

    private final TestDirectories directories = TestDirectories.create();
    private final PodEvents events = new PodEvents();
    private PodState state;
    private EventStreams streams;

    @BeforeEach
    void open() {
        directories.dir("root/sandboxes");
        directories.dir("root/containers");
        state = new PodState(new PodPaths(
                directories.root().resolve("root"), directories.root().resolve("state")));
        streams = new EventStreams(events, state, CAPACITY);
    }

    @AfterEach
    void close() {
        streams.close();
        directories.close();
    }

    private void publish(Kind kind, String container) {
        events.publish(new PodEvent(kind, container, "p1", Instant.ofEpochSecond(1)));
    }

    private static GantryException failure(EventStream stream) throws Exception {
        try {
            while (true) {
                EventNotice unused = stream.take();
            }
        } catch (GantryException e) {
            return e;
        }
    }

    @Test
    void everySubscriberGetsEveryEventInOrder() throws Exception {
        try (EventStream one = streams.open();
                EventStream other = streams.open()) {
            publish(Kind.CREATED, "c1");
            publish(Kind.STARTED, "c1");
            publish(Kind.STOPPED, "c1");

            for (EventStream stream : List.of(one, other)) {
                assertThat(stream.take().event().kind()).isEqualTo(Kind.CREATED);
                assertThat(stream.take().event().kind()).isEqualTo(Kind.STARTED);
                assertThat(stream.take().event().kind()).isEqualTo(Kind.STOPPED);
            }
        }
        assertThat(streams.size()).isZero();
    }

    @Test
    void anEventCarriesItsSandboxAsItWas() throws Exception {
        state.sandboxes().put("p1", PodFixture.sandbox("p1", "u1", ""));
        Container running = PodFixture.container("c1", "p1", "", LinuxResources.NONE);
        state.containers().put("c1", running);
        state.containers().put("c2", PodFixture.container("c2", "p2", "", LinuxResources.NONE));
        try (EventStream stream = streams.open()) {
            publish(Kind.STARTED, "c1");
            state.containers()
                    .put("c1", running.withStatus(running.status().exited(Instant.EPOCH, 0, "Completed", "")));
            publish(Kind.STOPPED, "c1");
            state.containers().remove("c1");
            state.sandboxes().remove("p1");
            publish(Kind.DELETED, "c1");

            EventNotice started = stream.take();
            assertThat(started.sandbox()).isNotNull();
            assertThat(started.containers())
                    .singleElement()
                    .satisfies(container ->
                            assertThat(container.status().isRunning()).isTrue());
            assertThat(stream.take().containers())
                    .singleElement()
                    .satisfies(container ->
                            assertThat(container.status().isExited()).isTrue());
            EventNotice deleted = stream.take();
            assertThat(deleted.sandbox()).isNull();
            assertThat(deleted.containers()).isEmpty();
        }
    }

    @Test
    void aSubscriberGetsNothingFromBeforeAndNothingIsKeptWithoutOne() {
        publish(Kind.CREATED, "c1");

        try (EventStream stream = streams.open()) {
            assertThat(stream.size()).isZero();
        }
        publish(Kind.STARTED, "c1");
        assertThat(streams.size()).isZero();
    }

    @Test
    void aSlowSubscriberIsToldHowMuchItLostAndTheOthersGoOn() throws Exception {
        EventStream slow = streams.open();
        try (EventStream quick = streams.open()) {
            for (int i = 0; i < CAPACITY + 5; i++) {
                publish(Kind.STARTED, "c" + i);
                assertThat(quick.take().event().containerId()).isEqualTo("c" + i);
            }

            assertThat(streams.size()).isEqualTo(1);
            GantryException failure = failure(slow);
            assertThat(failure.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED);
            assertThat(failure).hasMessageContaining("17 events were lost").hasMessageContaining("subscribe again");
            assertThatThrownBy(() -> slow.pause(Duration.ofMinutes(1))).isSameAs(failure);
        }
    }

    @Test
    void closingWakesWhoWaits() throws Exception {
        EventStream stream = streams.open();
        CompletableFuture<EventNotice> waiting = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                waiting.complete(stream.take());
            } catch (Throwable e) {
                waiting.completeExceptionally(e);
            }
        });

        streams.close();

        assertThatThrownBy(() -> waiting.get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        thread.join();
        assertThatThrownBy(() -> streams.open())
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    }

    @Test
    void changesOfOneContainerDoNotMix() throws Exception {
        List<Integer> seen = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            threads.add(Thread.ofVirtual()
                    .start(() -> events.inOrder("c1", () -> {
                        seen.add(number);
                        Thread.yield();
                        seen.add(number);
                    })));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(seen).hasSize(16);
        for (int i = 0; i < seen.size(); i += 2) {
            assertThat(seen.get(i)).isEqualTo(seen.get(i + 1));
        }
    }
}

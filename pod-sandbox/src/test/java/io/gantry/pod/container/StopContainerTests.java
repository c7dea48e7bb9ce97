package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.process.RunningProcess;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.activity.Verb;
import io.gantry.pod.state.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StopContainerTests {
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    Path directory;

    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private final NotedOoms ooms = new NotedOoms();
    private ContainerFixture fixture;
    private ContainerExits exits;
    private StopContainer stop;

    @BeforeEach
    void open() throws IOException {
        fixture = new ContainerFixture();
        exits = new ContainerExits(fixture.parts, fixture.executor, ooms, new KeyedLocks<>(), container -> {});
        exits.start();
        stop = new StopContainer(fixture.parts, exits);
    }

    @AfterEach
    void close() {
        callers.shutdownNow();
        exits.close();
        fixture.close();
    }

    /** A container whose first process runs this script, which says when it is ready and when it is told to end. */
    private Container running(String script) {
        RunningProcess init = fixture.process("cd " + directory + "; " + script);
        fixture.writeExitAtEndOf("c", init);
        Container container = fixture.running("c", init, fixture.process("sleep 1000"));
        exits.track(container);
        return container;
    }

    private Container deaf() {
        Container container = running("trap 'echo told >>told' TERM; touch ready; while true; do sleep 0.02; done");
        ContainerFixture.await(() -> Files.exists(directory.resolve("ready")), "the trap");
        return container;
    }

    private int told() {
        try {
            return Files.exists(directory.resolve("told"))
                    ? Files.readAllLines(directory.resolve("told")).size()
                    : 0;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Future<?> inBackground(Container container, Duration timeout) {
        return callers.submit(() -> {
            stop.execute(container, timeout, Activity.unseen(Verb.STOP_CONTAINER));
            return true;
        });
    }

    @Test
    void theStopSignalIsEnoughForMost() throws Exception {
        stop.execute(running("exec sleep 1000"), LONG, Activity.unseen(Verb.STOP_CONTAINER));
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(143);
        stop.execute(fixture.status("c"), LONG, Activity.unseen(Verb.STOP_CONTAINER));
        assertThat(ooms.told).isEmpty();
    }

    @Test
    void oneThatIgnoresItIsKilledAtTheDeadline() throws Exception {
        stop.execute(deaf(), Duration.ofMillis(300), Activity.unseen(Verb.STOP_CONTAINER));
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(137);
        assertThat(told()).isEqualTo(1);
    }

    @Test
    void noTimeAtAllMeansSigkill() throws Exception {
        stop.execute(deaf(), Duration.ZERO, Activity.unseen(Verb.STOP_CONTAINER));
        assertThat(told()).isZero();
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(137);
        assertThat(ooms.told).as("whose SIGKILL it was").containsExactly("killing c");
    }

    @Test
    void theEarliestDeadlineHoldsAndTheSignalIsSentOnce() throws Exception {
        Container container = deaf();
        Future<?> first = inBackground(container, LONG);
        ContainerFixture.await(() -> told() == 1, "the signal");
        Future<?> later = inBackground(container, LONG.multipliedBy(2));

        stop.execute(container, Duration.ofMillis(200), Activity.unseen(Verb.STOP_CONTAINER));

        first.get(30, TimeUnit.SECONDS);
        later.get(30, TimeUnit.SECONDS);
        assertThat(told()).isEqualTo(1);
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(137);
    }

    @Test
    void whoGivesUpKillsNothingAndLeavesNoDeadline() throws Exception {
        Container container = deaf();
        Future<?> given = inBackground(container, Duration.ofMillis(400));
        ContainerFixture.await(() -> told() == 1, "the signal");
        given.cancel(true);
        Thread.sleep(600);
        assertThat(fixture.status("c").status().isRunning()).isTrue();

        Future<?> next = inBackground(container, LONG);

        ContainerFixture.await(() -> told() == 2, "the signal once more");
        assertThat(next.isDone()).isFalse();
        assertThat(fixture.status("c").status().isRunning()).isTrue();
        stop.execute(container, Duration.ZERO, Activity.unseen(Verb.STOP_CONTAINER));
    }

    @Test
    void oneOfTwoMayGiveUp() throws Exception {
        Container container = deaf();
        Future<?> given = inBackground(container, LONG);
        ContainerFixture.await(() -> told() == 1, "the signal");
        Future<?> stays = inBackground(container, Duration.ofMillis(500));
        given.cancel(true);

        stays.get(30, TimeUnit.SECONDS);

        assertThat(fixture.status("c").status().exitCode()).isEqualTo(137);
    }

    @Test
    void anyLengthOfTimeIsTaken() throws Exception {
        Future<?> forever = inBackground(deaf(), Duration.ofSeconds(Long.MAX_VALUE));
        ContainerFixture.await(() -> told() == 1, "the signal");
        stop.execute(fixture.status("c"), Duration.ofSeconds(-5), Activity.unseen(Verb.STOP_CONTAINER));
        forever.get(30, TimeUnit.SECONDS);
    }

    @Test
    void oneThatNeverRanIsKilledWhateverTheTime() throws Exception {
        RunningProcess init = fixture.process("trap '' TERM; while true; do sleep 0.02; done");
        fixture.writeExitAtEndOf("c", init);
        Container created = fixture.created("c", init, fixture.process("sleep 1000"));
        exits.track(created);

        stop.execute(created, LONG, Activity.unseen(Verb.STOP_CONTAINER));

        assertThat(fixture.status("c").status().exitCode()).isEqualTo(137);
    }
}

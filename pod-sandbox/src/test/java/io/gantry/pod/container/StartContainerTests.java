package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.activity.Verb;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.testing.Samples;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StartContainerTests {
    private ContainerFixture fixture;
    private ContainerExits exits;
    private StartContainer start;
    private RunningProcess init;
    private Container created;

    @BeforeEach
    void open() throws IOException {
        fixture = new ContainerFixture();
        exits = new ContainerExits(
                fixture.parts, fixture.executor, new NotedOoms(), new KeyedLocks<>(), container -> {});
        start = new StartContainer(fixture.parts, exits, new RestoreContainer(fixture.parts, exits, new Creations()));
        init = fixture.process("sleep 1000");
        created = fixture.created("c", init, fixture.process("sleep 1000"));
    }

    @AfterEach
    void close() {
        exits.close();
        fixture.close();
    }

    @Test
    void itRunsOnceTheRuntimeSaysSo() throws Exception {
        fixture.onRuntime(Reply.ok(""), "start");

        start.execute(created, Activity.unseen(Verb.START_CONTAINER));

        assertThat(fixture.status("c").status().phase()).isEqualTo(ContainerPhase.RUNNING);
        assertThat(fixture.status("c").status().startedAt()).isNotNull();
        assertThat(fixture.status("c").status().foreignOomKills()).isEqualTo(NotedOoms.FOREIGN);
        assertThat(fixture.events).containsExactly("STARTED c");
        assertThatThrownBy(() -> start.execute(fixture.status("c"), Activity.unseen(Verb.START_CONTAINER)))
                .isInstanceOfSatisfying(
                        GantryException.class,
                        problem -> assertThat(problem.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageContaining("it is RUNNING");
    }

    /** A program may be over, and its end be noted, before the runtime's start returns. */
    @Test
    void oneThatEndsAtOnceWasStarted() throws Exception {
        fixture.runtime.on(
                command -> {
                    fixture.writeExit("c", 3);
                    assertThat(exits.check("c")).isTrue();
                    return Reply.ok("");
                },
                fixture.runc.toString(),
                "--root",
                fixture.parts.runtimes().of("runc").handler().root().toString(),
                "start");

        start.execute(created, Activity.unseen(Verb.START_CONTAINER));

        assertThat(fixture.status("c").status().phase()).isEqualTo(ContainerPhase.EXITED);
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(3);
        assertThat(fixture.status("c").status().startedAt()).isNotNull();
        assertThat(fixture.events).containsExactly("STARTED c", "STOPPED c");
    }

    @Test
    void oneThatCannotBeStartedIsOverAndGone() throws Exception {
        fixture.onRuntime(Reply.failure(1, "exec format error"), "start");

        assertThatThrownBy(() -> start.execute(created, Activity.unseen(Verb.START_CONTAINER)))
                .hasMessageContaining("exec format error");

        Container ended = fixture.status("c");
        assertThat(ended.status().exitCode()).isEqualTo(128);
        assertThat(ended.status().reason()).isEqualTo("StartError");
        assertThat(ended.status().message()).contains("exec format error");
        assertThat(init.exited().get(30, TimeUnit.SECONDS).signal()).isEqualTo(9);
        assertThat(fixture.events).containsExactly("STOPPED c");
    }

    /** It was killed while it was started: conmon's word counts. */
    @Test
    void anEndThatConmonHasNotedIsKept() {
        fixture.writeExit("c", 137);
        fixture.onRuntime(Reply.failure(1, "container is not running"), "start");

        assertThatThrownBy(() -> start.execute(created, Activity.unseen(Verb.START_CONTAINER)))
                .isInstanceOf(GantryException.class);

        assertThat(fixture.status("c").status().exitCode()).isEqualTo(137);
        assertThat(fixture.status("c").status().reason()).isEqualTo("Error");
    }

    @Test
    void aStartThatWasCutOffIsSettledByTheRuntimesWord() throws Exception {
        Container unsettled = created.withStatus(created.status().starting(Samples.TIME));
        fixture.parts.state().containers().put("c", unsettled);
        fixture.onRuntime(Reply.ok("{\"status\":\"running\"}"), "state");

        start.settle(unsettled);

        assertThat(fixture.status("c").status().phase()).isEqualTo(ContainerPhase.RUNNING);
        assertThat(fixture.status("c").status().startedAt()).isEqualTo(Samples.TIME);
    }

    @Test
    void oneThatWasNotStartedMayBeStartedAgain() throws Exception {
        Container unsettled = created.withStatus(created.status().starting(Samples.TIME));
        fixture.parts.state().containers().put("c", unsettled);
        fixture.onRuntime(Reply.ok("{\"status\":\"created\"}"), "state");
        fixture.onRuntime(Reply.ok(""), "start");

        start.execute(unsettled, Activity.unseen(Verb.START_CONTAINER));

        assertThat(fixture.status("c").status().phase()).isEqualTo(ContainerPhase.RUNNING);
        assertThat(fixture.status("c").status().startedAt()).isAfter(Samples.TIME);
    }

    @Test
    void oneThatRunsIsNotStartedAgain() {
        Container unsettled = created.withStatus(created.status().starting(Samples.TIME));
        fixture.parts.state().containers().put("c", unsettled);
        fixture.onRuntime(Reply.ok("{\"status\":\"running\"}"), "state");

        assertThatThrownBy(() -> start.execute(unsettled, Activity.unseen(Verb.START_CONTAINER)))
                .hasMessageContaining("it is RUNNING");

        assertThat(init.exited()).isNotDone();
        assertThat(fixture.status("c").status().phase()).isEqualTo(ContainerPhase.RUNNING);
    }

    @Test
    void aStartThatIsInterruptedIsSettled() throws Exception {
        fixture.onRuntime(Reply.hang(), "start");
        fixture.onRuntime(Reply.ok("{\"status\":\"created\"}"), "state");
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                start.execute(created, Activity.unseen(Verb.START_CONTAINER));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        ContainerFixture.await(() -> fixture.status("c").status().isStartUnsettled(), "the start to begin");

        caller.interrupt();
        caller.join();

        assertThat(fixture.status("c").status().canStart()).isTrue();
        assertThat(fixture.status("c").status().isStartUnsettled()).isFalse();
    }
}

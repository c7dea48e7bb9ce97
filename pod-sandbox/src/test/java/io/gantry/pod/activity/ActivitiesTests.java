package io.gantry.pod.activity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.gantry.cni.plugin.CniVerb;
import io.gantry.cni.plugin.PluginRun;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodState;
import io.gantry.pod.state.SandboxState;
import io.gantry.pod.testing.Samples;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ActivitiesTests {
    private static final Subject POD = new Subject("default", "web", "s1", "", "");
    private static final Subject CONTAINER = POD.withContainer("app", "c1");

    private final TestDirectories directories = TestDirectories.create();
    private final PodState state = new PodState(new PodPaths(directories.dir("root"), directories.dir("state")));
    private final List<PluginRun> plugins = new ArrayList<>();
    private final Activities activities = new Activities(state, () -> List.copyOf(plugins), Clock.systemUTC());

    @AfterEach
    void close() {
        directories.close();
    }

    private static PluginRun plugin(CniVerb verb, String sandboxId) {
        return new PluginRun(
                verb, "slow", sandboxId, "attach", System.nanoTime(), Deadline.after(Duration.ofMinutes(2)));
    }

    private ActivityReport.Call only() {
        assertThat(activities.report().calls()).hasSize(1);
        return activities.report().calls().getFirst();
    }

    private static GantryException failure(String problem) {
        return GantryException.of(ErrorKind.INTERNAL, "run pod sandbox", problem);
    }

    private void fail(Subject subject, String problem) {
        assertThatThrownBy(() -> activities.run(Verb.RUN_POD_SANDBOX, subject, activity -> {
                    activity.step("network");
                    throw failure(problem);
                }))
                .isInstanceOf(GantryException.class);
    }

    @Test
    void aCallIsSeenWithItsStepsUntilItIsOver() throws Exception {
        activities.run(
                Verb.RUN_POD_SANDBOX,
                Subject.pod(Samples.sandbox("web", SandboxState.READY).config().metadata()),
                activity -> {
                    activity.step("record");
                    activity.about(POD);
                    activity.step("pause", "the pause process to be ready", Deadline.after(Duration.ofMinutes(1)));

                    ActivityReport.Call call = only();
                    assertThat(call.call()).isEqualTo("RunPodSandbox");
                    assertThat(call.about()).isEqualTo(POD);
                    assertThat(call.step()).isEqualTo("pause");
                    assertThat(call.steps())
                            .extracting(ActivityReport.Step::step)
                            .containsExactly("record");
                    assertThat(call.waitsFor()).singleElement().satisfies(wait -> {
                        assertThat(wait.what()).isEqualTo("the pause process to be ready");
                        assertThat(wait.deadline()).isAfter(Instant.now());
                    });
                });

        assertThat(activities.report().calls()).isEmpty();
    }

    @Test
    void aStepOnTheNetworkNamesThePluginOfThePodOrElseTheOneForWhichAllWait() throws Exception {
        plugins.add(plugin(CniVerb.GC, ""));
        plugins.add(plugin(CniVerb.ADD, "s2"));
        activities.run(Verb.RUN_POD_SANDBOX, POD, activity -> {
            activity.network("network");
            assertThat(only().waitsFor())
                    .extracting(ActivityReport.Wait::what)
                    .containsExactly("CNI plugin slow to finish GC (attach)");
            plugins.clear();
            assertThat(only().waitsFor()).extracting(ActivityReport.Wait::what).containsExactly("the pod network");
            plugins.add(plugin(CniVerb.ADD, "s1"));
            assertThat(only().waitsFor())
                    .extracting(ActivityReport.Wait::what)
                    .containsExactly("CNI plugin slow to finish ADD (attach)");
        });
    }

    @Test
    void whoeverWaitsForItsTurnNamesTheOther() throws Exception {
        activities.run(Verb.REMOVE_POD_SANDBOX, POD, remove -> {
            remove.parts("containers");
            activities.run(Verb.STOP_CONTAINER, CONTAINER, stop -> {
                stop.step("kill");
                activities.run(Verb.STOP_POD_SANDBOX, POD, waiting -> {
                    waiting.turn();
                    assertThat(activities.report().calls())
                            .extracting(
                                    ActivityReport.Call::call,
                                    call -> call.waitsFor().stream()
                                            .map(ActivityReport.Wait::what)
                                            .toList())
                            .contains(
                                    tuple(
                                            "StopPodSandbox",
                                            List.of("RemovePodSandbox to end, which works on the same pod")),
                                    tuple("RemovePodSandbox", List.of("StopContainer of container app")));
                });
            });
        });
    }

    @Test
    void aDeadlineThatIsMovedIsSeenAtOnce() throws Exception {
        Deadline[] deadline = {Deadline.NONE};
        activities.run(Verb.STOP_CONTAINER, CONTAINER, activity -> {
            activity.step("grace", "the program to end", () -> deadline[0]);
            assertThat(only().waitsFor().getFirst().deadline()).isNull();
            deadline[0] = Deadline.after(Duration.ofSeconds(30));
            assertThat(only().waitsFor().getFirst().deadline()).isNotNull();
        });
    }

    @Test
    void stepTimesAreKeptForAsLongAsTheObjectIs() throws Exception {
        state.sandboxes().put("s1", Samples.sandbox("s1", SandboxState.READY));
        activities.run(Verb.RUN_POD_SANDBOX, POD, activity -> {
            activity.step("record");
            activity.step("network");
        });

        Map<String, Object> info = activities.verboseInfo(POD, Instant.now());
        assertThat(info.get("steps"))
                .asInstanceOf(InstanceOfAssertFactories.list(ActivityReport.Start.class))
                .singleElement()
                .satisfies(start -> {
                    assertThat(start.call()).isEqualTo("RunPodSandbox");
                    assertThat(start.steps())
                            .extracting(ActivityReport.Step::step)
                            .containsExactly("record", "network");
                });
        assertThat(info).doesNotContainKey("stepsUnknown");
        activities.forget("s1");
        assertThat(activities.size()).isZero();
    }

    @Test
    void ofWhatIsGoneAlreadyNothingIsKept() throws Exception {
        activities.run(Verb.RUN_POD_SANDBOX, POD, activity -> activity.step("record"));

        assertThat(activities.size()).isZero();
    }

    @Test
    void whatAnEarlierDaemonDidIsNotKnown() {
        assertThat(activities.verboseInfo(POD, Samples.TIME.minusSeconds(1_000_000_000)))
                .hasEntrySatisfying(
                        "stepsUnknown", reason -> assertThat(reason).asString().contains("before this daemon began"));
    }

    @Test
    void aFailureNamesTheStepThatFailedNotTheUndo() {
        assertThatThrownBy(() -> activities.run(Verb.RUN_POD_SANDBOX, POD, activity -> {
                    activity.step("network");
                    activity.undo("network");
                    activity.undo("files");
                    assertThat(only().step()).isEqualTo("undo files");
                    throw failure("no address");
                }))
                .isInstanceOf(GantryException.class);

        assertThat(activities.report().failures()).singleElement().satisfies(failure -> {
            assertThat(failure.step()).isEqualTo("network");
            assertThat(failure.error()).contains("no address");
            assertThat(failure.about()).isEqualTo(POD);
        });
        assertThat(activities.report().calls()).isEmpty();
    }

    @Test
    void failuresAreBoundedAndOneThatIsRepeatedStandsOnce() {
        for (int i = 0; i < Failures.LIMIT + 10; i++) {
            fail(new Subject("default", "pod-" + i, "", "", ""), "x".repeat(2 * Failures.MAX_ERROR_CHARS));
        }
        fail(new Subject("default", "pod-50", "another id", "", ""), "again");

        List<ActivityReport.Failure> failures = activities.report().failures();
        assertThat(failures).hasSize(Failures.LIMIT);
        assertThat(failures.getFirst().about().pod()).isEqualTo("pod-10");
        assertThat(failures.getFirst().error().length()).isLessThan(Failures.MAX_ERROR_CHARS + 10);
        assertThat(failures.getLast().times()).isEqualTo(2);
        assertThat(failures.getLast().error()).contains("again");
    }

    @Test
    void failedProbesAreNotKept() {
        assertThatThrownBy(() -> activities.run(Verb.EXEC_SYNC, CONTAINER, activity -> {
                    throw failure("exit 1");
                }))
                .isInstanceOf(GantryException.class);

        assertThat(activities.report().failures()).isEmpty();
    }
}

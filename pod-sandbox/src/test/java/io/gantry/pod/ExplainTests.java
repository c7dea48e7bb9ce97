package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.pod.activity.ActivityReport;
import io.gantry.pod.testing.PodBed;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of real pods: what hangs, what it waits for, and how long their starts took. */
class ExplainTests {
    private PodBed bed;

    @BeforeEach
    void create() throws Exception {
        bed = PodBed.create();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    private List<ActivityReport.Call> calls() {
        return bed.pods().activities().report().calls();
    }

    private boolean waitsFor(String call, String what) {
        return calls().stream()
                .filter(each -> each.call().equals(call))
                .flatMap(each -> each.waitsFor().stream())
                .anyMatch(wait -> wait.what().contains(what));
    }

    @Test
    void aPodThatHangsInANetworkPlugin() throws Exception {
        bed.writePlugin("exec sleep 1000");
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<String> run = executor.submit(() -> bed.run("web"));
            PodBed.await(
                    () -> waitsFor("RunPodSandbox", "CNI plugin scripted to finish ADD"), "the plugin to be named");

            ActivityReport.Call call = calls().getFirst();
            assertThat(call.step()).isEqualTo("network");
            assertThat(call.about().pod()).isEqualTo("web");
            assertThat(call.about().sandboxId()).isNotEmpty();
            assertThat(call.waitsFor().getFirst().deadline()).isAfter(Instant.now());
            assertThat(call.steps()).extracting(ActivityReport.Step::step).contains("record", "pause", "pin");

            run.cancel(true);
            PodBed.await(() -> calls().isEmpty(), "the call to end");
        }
        assertThat(bed.pods().activities().report().failures()).singleElement().satisfies(failure -> {
            assertThat(failure.step()).isEqualTo("network");
            assertThat(failure.about().pod()).isEqualTo("web");
        });
    }

    @Test
    void theStepsOfAStartAreKeptUntilTheRemoval() throws Exception {
        String sandbox = bed.run("web");
        String container = bed.start(sandbox, "app", "sleep 1000");

        assertThat(steps(bed.pods().sandboxes().verboseInfo(sandbox)))
                .singleElement()
                .satisfies(start -> assertThat(start.steps())
                        .extracting(ActivityReport.Step::step)
                        .containsOnlyOnce("record", "pause", "pin", "network", "files", "join"));
        assertThat(steps(bed.pods().containers().verboseInfo(container)))
                .extracting(ActivityReport.Start::call)
                .containsExactly("CreateContainer", "StartContainer");
        bed.restart();
        assertThat(bed.pods().sandboxes().verboseInfo(sandbox)).containsKey("stepsUnknown");
        assertThat(steps(bed.pods().sandboxes().verboseInfo(sandbox))).isEmpty();
    }

    @Test
    void aStopTellsHowMuchOfTheGracePeriodIsLeft() throws Exception {
        String sandbox = bed.run("web");
        String container = bed.start(sandbox, "app", "trap '' TERM; echo ready; while true; do sleep 0.1; done");
        PodBed.await(() -> bed.logOf("web", "app").contains("ready"), "the program to be deaf");
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> stop = executor.submit(() -> {
                bed.pods().containers().stop(container, Duration.ofMinutes(10));
                return true;
            });
            PodBed.await(() -> waitsFor("StopContainer", "after SIGTERM, else SIGKILL"), "the stop to be seen");
            assertThat(calls().getFirst().waitsFor().getFirst().deadline()).isNotNull();

            bed.pods().sandboxes().remove(sandbox);
            Object unused = stop.get(30, TimeUnit.SECONDS);
        }
        assertThat(calls()).isEmpty();
        assertThat(bed.pods().activities().report().failures()).isEmpty();
        assertThatThrownBy(() -> bed.pods().sandboxes().verboseInfo(sandbox)).hasMessageContaining("no sandbox");
    }

    private static List<ActivityReport.Start> steps(Map<String, Object> info) {
        return ((List<?>) info.getOrDefault("steps", List.of()))
                .stream().map(ActivityReport.Start.class::cast).toList();
    }
}

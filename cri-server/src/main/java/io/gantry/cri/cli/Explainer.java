package io.gantry.cri.cli;

import io.gantry.cri.v1.Container;
import io.gantry.cri.v1.ContainerStatus;
import io.gantry.cri.v1.ContainerStatusRequest;
import io.gantry.cri.v1.ListContainersRequest;
import io.gantry.cri.v1.ListPodSandboxRequest;
import io.gantry.cri.v1.PodSandboxStatusRequest;
import io.gantry.cri.v1.StatusRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import io.gantry.pod.activity.ActivityReport;
import io.gantry.pod.activity.Subject;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/** Puts together, from calls of CRI alone, what a daemon tells of one pod or container. */
final class Explainer {
    /** What a verbose status tells beside other things. */
    record Steps(
            @Nullable List<ActivityReport.Start> steps,
            @Nullable String stepsUnknown) {
        static final Steps NONE = new Steps(List.of(), "");

        List<ActivityReport.Start> orNone() {
            return steps == null ? List.of() : steps;
        }

        String unknown() {
            return stepsUnknown == null ? "" : stepsUnknown;
        }
    }

    /** An object as it was found. */
    private record Found(String state, Instant since, Steps steps) {}

    private final CriClient client;

    Explainer(CriClient client) {
        this.client = client;
    }

    /**
     * @param target an id or the beginning of one, NAME, NAMESPACE/POD or NAMESPACE/POD/CONTAINER
     * @throws GantryException NOT_FOUND; INVALID_ARGUMENT when several could be meant; FAILED_PRECONDITION when the runtime
     *     does not tell what it is doing
     */
    Explanation explain(String target) {
        // What is made meanwhile is in the lists; the other way round it could be in neither.
        ActivityReport report = report();
        List<Container> containers = client.runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList();
        KnownObjects objects = new KnownObjects(
                client.runtime()
                        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                        .getItemsList(),
                containers,
                report);
        Known known = objects.find(target);
        if (known.about().ofContainer()) {
            return container(known, report);
        }
        List<Explanation> inside = objects.containersOf(known).stream()
                .map(each -> container(each, report))
                .toList();
        Steps steps = known.listed() ? podSteps(known.id()) : Steps.NONE;
        return explanation("pod", known, new Found(known.state(), known.since(), steps), report, inside);
    }

    private ActivityReport report() {
        Map<String, String> info = client.runtime()
                .status(StatusRequest.newBuilder().setVerbose(true).build())
                .getInfoMap();
        String activity = info.get("activity");
        if (activity == null) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            "ask what the runtime is doing",
                            "its status has no \"activity\", so it is not Gantry, or an older one")
                    .withRemedy("name the socket of a daemon of this version with --socket");
        }
        return read(activity, ActivityReport.class);
    }

    private Explanation container(Known known, ActivityReport report) {
        Found status = known.listed() ? containerStatus(known) : new Found(known.state(), known.since(), Steps.NONE);
        return explanation("container", known, status, report, List.of());
    }

    private static Explanation explanation(
            String kind, Known known, Found status, ActivityReport report, List<Explanation> containers) {
        return new Explanation(
                kind,
                known.id(),
                known.about().namespace(),
                known.about().pod(),
                known.about().container(),
                status.state(),
                status.since(),
                report.now(),
                report.calls().stream()
                        .filter(call -> concerns(call.about(), known.about()))
                        .toList(),
                status.steps().orNone(),
                status.steps().unknown(),
                report.failures().stream()
                        .filter(failure -> failure.about()
                                        .container()
                                        .equals(known.about().container())
                                && failure.about().pod().equals(known.about().pod())
                                && failure.about()
                                        .namespace()
                                        .equals(known.about().namespace()))
                        .toList(),
                containers);
    }

    private static boolean concerns(Subject call, Subject known) {
        if (call.ofContainer() != known.ofContainer()) {
            return false;
        }
        return call.ofContainer()
                ? call.samePod(known)
                        && call.container().equals(known.container())
                        && call.containerId().equals(known.containerId())
                : call.samePod(known);
    }

    private Steps podSteps(String id) {
        try {
            return steps(client.runtime()
                    .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                            .setPodSandboxId(id)
                            .setVerbose(true)
                            .build())
                    .getInfoMap());
        } catch (StatusRuntimeException e) {
            return goneMeanwhile(e);
        }
    }

    private Found containerStatus(Known known) {
        try {
            var response = client.runtime()
                    .containerStatus(ContainerStatusRequest.newBuilder()
                            .setContainerId(known.id())
                            .setVerbose(true)
                            .build());
            ContainerStatus status = response.getStatus();
            Steps steps = steps(response.getInfoMap());
            return switch (status.getState()) {
                case CONTAINER_RUNNING -> new Found("running", Human.instant(status.getStartedAt()), steps);
                case CONTAINER_EXITED -> new Found(exited(status), Human.instant(status.getFinishedAt()), steps);
                case CONTAINER_CREATED, CONTAINER_UNKNOWN, UNRECOGNIZED ->
                    new Found(known.state(), known.since(), steps);
            };
        } catch (StatusRuntimeException e) {
            return new Found(known.state(), known.since(), goneMeanwhile(e));
        }
    }

    private static String exited(ContainerStatus status) {
        String message = status.getMessage().isEmpty() ? "" : ": " + status.getMessage();
        return "exited with code " + status.getExitCode() + " (" + status.getReason() + ")" + message;
    }

    private static Steps goneMeanwhile(StatusRuntimeException problem) {
        if (problem.getStatus().getCode() == Status.Code.NOT_FOUND) {
            return Steps.NONE;
        }
        throw problem;
    }

    private static Steps steps(Map<String, String> info) {
        String text = info.get("info");
        return text == null ? Steps.NONE : read(text, Steps.class);
    }

    private static <T> T read(String json, Class<T> type) {
        try {
            return Json.mapper().readValue(json, type);
        } catch (JacksonException e) {
            throw GantryException.of(
                            ErrorKind.INTERNAL,
                            "read what the runtime tells of itself",
                            "it is not understood: " + e.getOriginalMessage())
                    .withRemedy("use the gantry command of the daemon's own version")
                    .causedBy(e);
        }
    }
}

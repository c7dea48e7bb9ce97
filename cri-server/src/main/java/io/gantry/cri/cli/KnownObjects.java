package io.gantry.cri.cli;

import io.gantry.cri.v1.Container;
import io.gantry.cri.v1.PodSandbox;
import io.gantry.cri.v1.PodSandboxState;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.activity.ActivityReport;
import io.gantry.pod.activity.Subject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** All pods and containers that a daemon knows of: those that CRI lists, that are being created, and that failed lately. */
final class KnownObjects {
    private static final Set<String> POD_CREATIONS = Set.of("RunPodSandbox", "RestorePod");
    private static final String CONTAINER_CREATION = "CreateContainer";
    /** How many a message names. */
    private static final int NAMED = 10;

    private final List<Known> all = new ArrayList<>();

    KnownObjects(List<PodSandbox> pods, List<Container> containers, ActivityReport report) {
        Map<String, Subject> byId = new HashMap<>();
        for (PodSandbox pod : pods) {
            Subject about = new Subject(
                    pod.getMetadata().getNamespace(), pod.getMetadata().getName(), pod.getId(), "", "");
            byId.put(pod.getId(), about);
            boolean ready = pod.getState() == PodSandboxState.SANDBOX_READY;
            all.add(new Known(about, true, ready ? "ready" : "not ready", Human.instant(pod.getCreatedAt())));
        }
        for (Container container : containers) {
            String sandbox = container.getPodSandboxId();
            Subject about = byId.getOrDefault(sandbox, new Subject("", "", sandbox, "", ""))
                    .withContainer(container.getMetadata().getName(), container.getId());
            String state = switch (container.getState()) {
                case CONTAINER_CREATED -> "created";
                case CONTAINER_RUNNING -> "running";
                case CONTAINER_EXITED -> "exited";
                case CONTAINER_UNKNOWN, UNRECOGNIZED -> "unknown";
            };
            all.add(new Known(about, true, state, Human.instant(container.getCreatedAt())));
        }
        addCreations(report.calls());
        addFailures(report.failures());
    }

    private void addCreations(List<ActivityReport.Call> calls) {
        for (ActivityReport.Call call : calls) {
            boolean creation =
                    POD_CREATIONS.contains(call.call()) || call.call().equals(CONTAINER_CREATION);
            Known made = new Known(call.about(), false, "being created", call.since());
            if (creation
                    && all.stream()
                            .noneMatch(
                                    known -> !made.id().isEmpty() && known.id().equals(made.id()))) {
                all.add(made);
            }
        }
    }

    private void addFailures(List<ActivityReport.Failure> failures) {
        for (ActivityReport.Failure failure : failures) {
            Known failed = new Known(failure.about(), false, "not there: " + failure.call() + " failed", failure.at());
            if (all.stream().noneMatch(known -> known.isNamedAs(failed))) {
                all.add(failed);
            }
        }
    }

    /**
     * The one pod or container that is meant. A name that a pod and a container in it share means the pod; of several
     * sandboxes of a pod, or attempts of a container, the newest is meant.
     *
     * @param target an id or the beginning of one, NAME, NAMESPACE/POD or NAMESPACE/POD/CONTAINER
     * @throws GantryException NOT_FOUND; INVALID_ARGUMENT when several could be meant
     */
    Known find(String target) {
        String action = "explain " + target;
        if (target.isBlank()) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, "explain a pod or container", "its name is empty")
                    .withRemedy("give an id, NAME, NAMESPACE/POD or NAMESPACE/POD/CONTAINER");
        }
        List<Known> meant = narrow(candidates(target));
        if (meant.isEmpty()) {
            throw GantryException.of(
                            ErrorKind.NOT_FOUND,
                            action,
                            "no pod or container has that name or an id that begins so, and none of that name failed"
                                    + " lately")
                    .withRemedy("'gantry pods' lists the pods there are");
        }
        if (meant.size() > 1) {
            String named = meant.stream().limit(NAMED).map(Known::display).collect(Collectors.joining(", "));
            String more = meant.size() > NAMED ? " and " + (meant.size() - NAMED) + " more" : "";
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, "it could be " + named + more)
                    .withRemedy("give more of the id, NAMESPACE/POD or NAMESPACE/POD/CONTAINER");
        }
        return meant.getFirst();
    }

    private List<Known> candidates(String target) {
        List<Known> exact =
                all.stream().filter(known -> known.id().equals(target)).toList();
        if (!exact.isEmpty()) {
            return exact;
        }
        List<Known> named = all.stream().filter(known -> known.hasName(target)).toList();
        return named.isEmpty()
                ? all.stream().filter(known -> known.id().startsWith(target)).toList()
                : named;
    }

    private static List<Known> narrow(List<Known> candidates) {
        List<Known> pods = candidates.stream()
                .filter(known -> !known.about().ofContainer())
                .toList();
        return candidates.stream()
                .filter(known -> !known.about().ofContainer()
                        || pods.stream().noneMatch(pod -> pod.about().samePod(known.about())))
                .filter(known -> candidates.stream().noneMatch(other -> isNewer(other, known)))
                .toList();
    }

    private static boolean isNewer(Known other, Known known) {
        return other.isNamedAs(known) && other.since().isAfter(known.since());
    }

    /** The containers of a pod, in the order of their creation. */
    List<Known> containersOf(Known pod) {
        return all.stream()
                .filter(known -> known.about().ofContainer() && known.about().samePod(pod.about()))
                .sorted(Comparator.comparing(Known::since).thenComparing(Known::id))
                .toList();
    }
}

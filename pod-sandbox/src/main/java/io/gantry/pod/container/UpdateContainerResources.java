package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.LinuxResources.HugepageLimit;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.runtime.OciRuntime;
import io.gantry.pod.spec.CpuSets;
import io.gantry.pod.spec.ResourceLimits;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * Changes the resource limits of a container that has not ended. Changes of one container are made one after the other, each
 * on top of the last; while plugins are asked about one, others go ahead.
 */
final class UpdateContainerResources {
    private final ContainerParts parts;
    private final OomScores scores;
    private final KeyedLocks<String> locks = new KeyedLocks<>();

    UpdateContainerResources(ContainerParts parts) {
        this.parts = parts;
        this.scores = new OomScores(parts.cgroups(), parts.hostLimits());
    }

    /** When a plugin or the runtime refuses, limits and record stay as they were. */
    void execute(Container container, LinuxResources change) throws InterruptedException {
        requireProcess(container);
        new CpuSets().require(change, action(container));
        requireSameHugepages(container.resources(), change, action(container));
        Optional<PodSandbox> sandbox = parts.state().sandboxes().find(container.sandboxId());
        if (sandbox.isEmpty() || !parts.plugins().present()) {
            apply(container.id(), ResourceChange.of(change));
            return;
        }
        apply(container.id(), parts.plugins().updateContainer(sandbox.get(), container, change));
        parts.plugins()
                .postUpdateContainer(
                        sandbox.get(),
                        parts.state().containers().find(container.id()).orElse(container));
    }

    /** Changes limits without asking plugins. */
    void apply(String containerId, ResourceChange change) throws InterruptedException {
        try (KeyedLocks<String>.Held _ = locks.lock(containerId)) {
            // Another change may have been made since the caller looked.
            applyAlone(requireFound(containerId), change);
        }
    }

    private Container requireFound(String id) {
        return parts.state()
                .containers()
                .find(id)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND,
                        "update resources of container " + id,
                        "there is no container of that id"));
    }

    private void applyAlone(Container container, ResourceChange change) throws InterruptedException {
        requireProcess(container);
        OciRuntime runtime = parts.runtimes().of(container.handler());
        LinuxResources merged = ResourceLimits.merge(container.resources(), change.limits());
        ObjectNode resources =
                new ResourceLimits(parts.hostLimits(), runtime.handler().features(), action(container)).toJson(merged);
        merge(resources, change.others());
        runtime.update(container.id(), resources, Deadline.after(parts.operationTimeout()));
        if (merged.oomScoreAdj() != container.resources().oomScoreAdj()) {
            // No OCI runtime does this: to them the score is the process's, not a limit of its cgroup.
            scores.set(container.id(), container.cgroup(), merged.oomScoreAdj());
        }
        var unused = parts.state().containers().update(container.id(), current -> current.withResources(merged));
    }

    private static void merge(ObjectNode into, ObjectNode from) {
        from.properties().forEach(entry -> {
            if (entry.getValue() instanceof ObjectNode child
                    && into.get(entry.getKey()) instanceof ObjectNode existing) {
                merge(existing, child);
            } else {
                into.set(entry.getKey(), entry.getValue());
            }
        });
    }

    private static String action(Container container) {
        return "update resources of container " + container.id();
    }

    private static void requireProcess(Container container) {
        if (!container.status().mayHaveProcess()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action(container),
                    "it is " + container.status().phase());
        }
        if (container.status().awaitsRestore()) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            action(container),
                            "its processes are not restored from their checkpoint yet")
                    .withRemedy("start it first");
        }
    }

    /** OCI runtimes take them at creation only, and say nothing when they come later. */
    private static void requireSameHugepages(LinuxResources current, LinuxResources change, String action) {
        Map<String, Long> limits = current.hugepageLimits().stream()
                .collect(Collectors.toMap(HugepageLimit::pageSize, HugepageLimit::limit, (first, second) -> second));
        for (HugepageLimit limit : change.hugepageLimits()) {
            if (limit.limit() != limits.getOrDefault(limit.pageSize(), 0L)) {
                throw GantryException.of(
                                ErrorKind.INVALID_ARGUMENT,
                                action,
                                "the limit of huge pages of size " + limit.pageSize() + " is set at creation only")
                        .withRemedy("create the container anew");
            }
        }
    }
}

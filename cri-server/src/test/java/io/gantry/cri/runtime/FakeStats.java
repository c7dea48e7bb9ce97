package io.gantry.cri.runtime;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.events.EventStream;
import io.gantry.pod.events.EventStreams;
import io.gantry.pod.events.PodEvents;
import io.gantry.pod.metrics.SandboxSamples;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodState;
import io.gantry.pod.stats.ContainerUsage;
import io.gantry.pod.stats.SandboxUsage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Stats that a test sets, and real queues of the events that it publishes. */
public final class FakeStats implements StatsOperations {
    public final List<ContainerUsage> containers = new ArrayList<>();
    public final List<SandboxUsage> sandboxes = new ArrayList<>();
    public final List<SandboxSamples> samples = new ArrayList<>();
    public final PodEvents events = new PodEvents();
    public final PodState state = new PodState(new PodPaths(Path.of("/nowhere/root"), Path.of("/nowhere/state")));
    public final EventStreams streams = new EventStreams(events, state);

    @Override
    public ContainerUsage container(String id) {
        return containers.stream()
                .filter(usage -> usage.container().id().equals(id))
                .findFirst()
                .orElseThrow(() -> GantryException.of(ErrorKind.NOT_FOUND, "read stats of container " + id, "no such"));
    }

    @Override
    public List<ContainerUsage> containers(ContainerFilter filter) {
        return containers.stream()
                .filter(usage -> usage.container().id().startsWith(filter.id())
                        && usage.container().sandboxId().startsWith(filter.sandboxId()))
                .toList();
    }

    @Override
    public SandboxUsage sandbox(String id) {
        return sandboxes.stream()
                .filter(usage -> usage.sandbox().id().equals(id))
                .findFirst()
                .orElseThrow(() -> GantryException.of(ErrorKind.NOT_FOUND, "read stats of sandbox " + id, "no such"));
    }

    @Override
    public List<SandboxUsage> sandboxes(SandboxFilter filter) {
        return sandboxes.stream()
                .filter(usage -> filter.matches(usage.sandbox()))
                .toList();
    }

    @Override
    public List<SandboxSamples> samples() {
        return List.copyOf(samples);
    }

    @Override
    public EventStream events() {
        return streams.open();
    }
}

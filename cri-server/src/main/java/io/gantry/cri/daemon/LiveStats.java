package io.gantry.cri.daemon;

import io.gantry.cri.runtime.StatsOperations;
import io.gantry.pod.PodService;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.events.EventStream;
import io.gantry.pod.metrics.SandboxSamples;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.stats.ContainerUsage;
import io.gantry.pod.stats.SandboxUsage;
import java.util.List;

/** Stats, metrics and events of this node's pods. */
record LiveStats(PodService pods) implements StatsOperations {
    @Override
    public ContainerUsage container(String id) throws InterruptedException {
        return pods.stats().container(id);
    }

    @Override
    public List<ContainerUsage> containers(ContainerFilter filter) throws InterruptedException {
        return pods.stats().containers(filter);
    }

    @Override
    public SandboxUsage sandbox(String id) throws InterruptedException {
        return pods.stats().sandbox(id);
    }

    @Override
    public List<SandboxUsage> sandboxes(SandboxFilter filter) throws InterruptedException {
        return pods.stats().sandboxes(filter);
    }

    @Override
    public List<SandboxSamples> samples() throws InterruptedException {
        return pods.metrics().samples();
    }

    @Override
    public EventStream events() {
        return pods.eventStreams().open();
    }
}

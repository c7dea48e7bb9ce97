package io.gantry.cri.runtime;

import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.events.EventStream;
import io.gantry.pod.metrics.SandboxSamples;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.stats.ContainerUsage;
import io.gantry.pod.stats.SandboxUsage;
import java.util.List;

/**
 * What RuntimeService tells of pods as they run; the contract is that of {@link io.gantry.pod.stats.PodStats}, {@link
 * io.gantry.pod.metrics.PodMetrics} and {@link io.gantry.pod.events.EventStreams}.
 */
public interface StatsOperations {
    ContainerUsage container(String id) throws InterruptedException;

    List<ContainerUsage> containers(ContainerFilter filter) throws InterruptedException;

    SandboxUsage sandbox(String id) throws InterruptedException;

    List<SandboxUsage> sandboxes(SandboxFilter filter) throws InterruptedException;

    List<SandboxSamples> samples() throws InterruptedException;

    /** All events from now on. */
    EventStream events();
}

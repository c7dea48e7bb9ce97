package io.gantry.pod.metrics;

import java.util.List;

/** The samples of one sandbox and its containers (api.proto PodSandboxMetrics). */
public record SandboxSamples(String sandboxId, List<MetricSample> samples, List<ContainerSamples> containers) {
    public SandboxSamples {
        samples = List.copyOf(samples);
        containers = List.copyOf(containers);
    }
}

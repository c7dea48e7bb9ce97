package io.gantry.pod.metrics;

import java.util.List;

/** The samples of one container (api.proto ContainerMetrics). */
public record ContainerSamples(String containerId, List<MetricSample> samples) {
    public ContainerSamples {
        samples = List.copyOf(samples);
    }
}

package io.gantry.pod.metrics;

import java.util.List;

/**
 * One value of a metric (api.proto Metric).
 *
 * @param labels as many as the family has names
 */
public record MetricSample(MetricFamily family, List<String> labels, long value) {
    public MetricSample {
        labels = List.copyOf(labels);
        if (labels.size() != family.labels().size()) {
            throw new IllegalArgumentException(family.name() + " has labels " + family.labels() + ", not " + labels);
        }
    }
}

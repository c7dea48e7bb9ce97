package io.gantry.pod.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * What a metric is (api.proto MetricDescriptor).
 *
 * @param help for people
 * @param labels names of the labels, in the order of every sample's values
 */
public record MetricFamily(String name, String help, Kind kind, List<String> labels) {
    /** Labels of every metric. */
    static final List<String> COMMON_LABELS = List.of("container", "id", "image", "name", "namespace", "pod");

    /** How the values of a metric move (api.proto MetricType). */
    public enum Kind {
        /** Only up, until the subject is made anew. */
        COUNTER,
        GAUGE
    }

    public MetricFamily {
        labels = List.copyOf(labels);
    }

    static MetricFamily counter(String name, String help, String... moreLabels) {
        return new MetricFamily(name, help, Kind.COUNTER, labels(moreLabels));
    }

    static MetricFamily gauge(String name, String help, String... moreLabels) {
        return new MetricFamily(name, help, Kind.GAUGE, labels(moreLabels));
    }

    private static List<String> labels(String... more) {
        List<String> labels = new ArrayList<>(COMMON_LABELS);
        labels.addAll(List.of(more));
        return labels;
    }
}

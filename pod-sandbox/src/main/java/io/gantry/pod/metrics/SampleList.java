package io.gantry.pod.metrics;

import java.util.ArrayList;
import java.util.List;

/** Collects the samples of one subject, which all begin with the same labels. */
final class SampleList {
    private final List<String> common;
    private final List<MetricSample> samples = new ArrayList<>();

    /** @param common values of {@link MetricFamily#COMMON_LABELS} */
    SampleList(List<String> common) {
        this.common = List.copyOf(common);
    }

    void add(MetricFamily family, long value, String... moreLabels) {
        add(family, value, List.of(moreLabels));
    }

    void add(MetricFamily family, long value, List<String> moreLabels) {
        List<String> labels = new ArrayList<>(common.size() + moreLabels.size());
        labels.addAll(common);
        labels.addAll(moreLabels);
        samples.add(new MetricSample(family, labels, value));
    }

    List<MetricSample> toList() {
        return samples;
    }
}

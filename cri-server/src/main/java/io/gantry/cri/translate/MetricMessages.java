package io.gantry.cri.translate;

import io.gantry.cri.v1.ContainerMetrics;
import io.gantry.cri.v1.ListMetricDescriptorsResponse;
import io.gantry.cri.v1.ListPodSandboxMetricsResponse;
import io.gantry.cri.v1.Metric;
import io.gantry.cri.v1.MetricDescriptor;
import io.gantry.cri.v1.MetricType;
import io.gantry.cri.v1.PodSandboxMetrics;
import io.gantry.cri.v1.StreamPodSandboxMetricsResponse;
import io.gantry.cri.v1.UInt64Value;
import io.gantry.pod.metrics.ContainerSamples;
import io.gantry.pod.metrics.MetricFamily;
import io.gantry.pod.metrics.MetricSample;
import io.gantry.pod.metrics.SandboxSamples;
import java.util.List;

/** Metrics and what they mean. */
public final class MetricMessages {
    private MetricMessages() {}

    public static ListMetricDescriptorsResponse descriptors(List<MetricFamily> families) {
        ListMetricDescriptorsResponse.Builder message = ListMetricDescriptorsResponse.newBuilder();
        for (MetricFamily family : families) {
            message.addDescriptors(MetricDescriptor.newBuilder()
                    .setName(family.name())
                    .setHelp(family.help())
                    .addAllLabelKeys(family.labels()));
        }
        return message.build();
    }

    public static ListPodSandboxMetricsResponse list(List<SandboxSamples> sandboxes) {
        return ListPodSandboxMetricsResponse.newBuilder()
                .addAllPodMetrics(
                        sandboxes.stream().map(MetricMessages::sandbox).toList())
                .build();
    }

    public static StreamPodSandboxMetricsResponse streamed(List<SandboxSamples> sandboxes) {
        return StreamPodSandboxMetricsResponse.newBuilder()
                .addAllPodSandboxMetrics(
                        sandboxes.stream().map(MetricMessages::sandbox).toList())
                .build();
    }

    private static PodSandboxMetrics sandbox(SandboxSamples sandbox) {
        PodSandboxMetrics.Builder message = PodSandboxMetrics.newBuilder().setPodSandboxId(sandbox.sandboxId());
        sandbox.samples().forEach(sample -> message.addMetrics(metric(sample)));
        for (ContainerSamples container : sandbox.containers()) {
            ContainerMetrics.Builder inside =
                    message.addContainerMetricsBuilder().setContainerId(container.containerId());
            container.samples().forEach(sample -> inside.addMetrics(metric(sample)));
        }
        return message.build();
    }

    /** The time is left out: it is that of the call. */
    private static Metric metric(MetricSample sample) {
        return Metric.newBuilder()
                .setName(sample.family().name())
                .setMetricType(
                        switch (sample.family().kind()) {
                            case COUNTER -> MetricType.COUNTER;
                            case GAUGE -> MetricType.GAUGE;
                        })
                .addAllLabelValues(sample.labels())
                .setValue(UInt64Value.newBuilder().setValue(sample.value()))
                .build();
    }
}

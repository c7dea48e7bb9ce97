package io.gantry.e2e.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one pull took.
 *
 * @param seconds from the request to the answer
 * @param cpuSeconds of the daemon and the programs it started
 * @param peakMib of their resident memory
 * @param diskMib what the store grew by
 */
record PullFigures(double seconds, double cpuSeconds, double peakMib, double diskMib) {
    static PullFigures median(List<PullFigures> figures) {
        return new PullFigures(
                median(figures, PullFigures::seconds),
                median(figures, PullFigures::cpuSeconds),
                median(figures, PullFigures::peakMib),
                median(figures, PullFigures::diskMib));
    }

    private static double median(List<PullFigures> figures, ToDoubleFunction<PullFigures> value) {
        double[] sorted = figures.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    String json() {
        return "{\"seconds\": %.3f, \"cpu_seconds\": %.2f, \"peak_mib\": %.1f, \"disk_mib\": %.1f}"
                .formatted(seconds, cpuSeconds, peakMib, diskMib);
    }
}

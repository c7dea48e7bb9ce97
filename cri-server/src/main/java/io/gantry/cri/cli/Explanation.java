package io.gantry.cri.cli;

import io.gantry.pod.activity.ActivityReport;
import java.time.Instant;
import java.util.List;

/**
 * All that is told of one pod or container, as {@code --json} prints it.
 *
 * @param kind {@code pod} or {@code container}
 * @param container empty for a pod
 * @param since since when it is in that state, as far as that is known
 * @param now when this was
 * @param activity calls about it that are under way
 * @param steps how long the calls that made and started it took
 * @param stepsUnknown why some of them are not known; empty when all are
 * @param failures calls about it that failed lately
 * @param containers of a pod
 */
record Explanation(
        String kind,
        String id,
        String namespace,
        String pod,
        String container,
        String state,
        Instant since,
        Instant now,
        List<ActivityReport.Call> activity,
        List<ActivityReport.Start> steps,
        String stepsUnknown,
        List<ActivityReport.Failure> failures,
        List<Explanation> containers) {}

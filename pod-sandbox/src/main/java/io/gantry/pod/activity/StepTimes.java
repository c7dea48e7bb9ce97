package io.gantry.pod.activity;

import io.gantry.platform.lifecycle.StepClock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** How long the steps of one call took, in as little memory as that goes: a node keeps hundreds of them. */
final class StepTimes {
    private final Verb verb;
    private final long at;
    private final int micros;
    private final String[] names;
    private final int[] took;

    StepTimes(Activity activity, List<StepClock.Step> steps) {
        verb = activity.verb();
        at = activity.since().toEpochMilli();
        micros = micros(activity.tookNanos());
        names = steps.stream().map(StepClock.Step::name).toArray(String[]::new);
        took = steps.stream().mapToInt(step -> micros(step.took().toNanos())).toArray();
    }

    private static int micros(long nanos) {
        return (int) Math.min(Integer.MAX_VALUE, nanos / 1000);
    }

    Verb verb() {
        return verb;
    }

    ActivityReport.Start view() {
        List<ActivityReport.Step> steps = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            steps.add(new ActivityReport.Step(names[i], took[i] / 1000.0));
        }
        return new ActivityReport.Start(verb.rpc(), Instant.ofEpochMilli(at), micros / 1000.0, steps);
    }
}

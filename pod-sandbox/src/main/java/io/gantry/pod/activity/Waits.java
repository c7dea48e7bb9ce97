package io.gantry.pod.activity;

import io.gantry.cni.plugin.CniVerb;
import io.gantry.cni.plugin.PluginRun;
import io.gantry.platform.concurrent.Deadline;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Works out what a step waits for: from what it says itself, from the other calls, and from the plugins that run. */
final class Waits {
    /** One call at one moment. */
    record Seen(Verb verb, Instant since, Activity.Moment moment) {
        Subject subject() {
            return moment.subject();
        }
    }

    private final Supplier<List<PluginRun>> plugins;

    Waits(Supplier<List<PluginRun>> plugins) {
        this.plugins = plugins;
    }

    @SuppressWarnings("ReferenceEquality") // Two calls may look the same.
    List<ActivityReport.Wait> of(Seen seen, Activity.Current current, List<Seen> all, Instant now, long nanos) {
        List<ActivityReport.Wait> waits = new ArrayList<>();
        Instant since = now.minusNanos(nanos - current.since());
        String what = current.waitsFor().get();
        if (!what.isEmpty()) {
            waits.add(new ActivityReport.Wait(
                    what, since, instant(current.deadline().get(), now)));
        }
        switch (current.kind()) {
            case PLAIN -> {}
            case TURN ->
                all.stream()
                        .filter(other -> other != seen && isWorkOn(other, seen.subject()))
                        .forEach(other -> waits.add(new ActivityReport.Wait(
                                other.verb().rpc() + " to end, which works on the same "
                                        + (seen.subject().ofContainer() ? "container" : "pod"),
                                other.since(),
                                null)));
            case NETWORK -> {
                addPlugins(seen.subject(), waits, now, nanos);
                if (waits.isEmpty()) {
                    waits.add(new ActivityReport.Wait("the pod network", since, null));
                }
            }
            case PARTS -> {
                all.stream()
                        .filter(other ->
                                other.subject().ofContainer() && other.subject().samePod(seen.subject()))
                        .forEach(other -> waits.add(new ActivityReport.Wait(
                                other.verb().rpc() + " of container "
                                        + other.subject().container(),
                                other.since(),
                                null)));
                addOwnPlugins(seen.subject(), plugins.get(), waits, now, nanos);
            }
        }
        return waits;
    }

    private static boolean isWorkOn(Seen other, Subject subject) {
        Activity.Current current = other.moment().current();
        return other.subject().id().equals(subject.id()) && (current == null || current.kind() != Activity.Kind.TURN);
    }

    /** Those that work for this pod; else those that work for the whole network, for which pods may have to wait. */
    private void addPlugins(Subject subject, List<ActivityReport.Wait> waits, Instant now, long nanos) {
        List<PluginRun> running = plugins.get();
        addOwnPlugins(subject, running, waits, now, nanos);
        if (waits.isEmpty()) {
            running.stream()
                    .filter(run -> run.verb() == CniVerb.GC || run.verb() == CniVerb.VERSION)
                    .forEach(run -> waits.add(view(run, now, nanos)));
        }
    }

    private static void addOwnPlugins(
            Subject subject, List<PluginRun> running, List<ActivityReport.Wait> waits, Instant now, long nanos) {
        running.stream()
                .filter(run -> run.sandboxId().equals(subject.sandboxId())
                        && !run.sandboxId().isEmpty())
                .forEach(run -> waits.add(view(run, now, nanos)));
    }

    private static ActivityReport.Wait view(PluginRun run, Instant now, long nanos) {
        return new ActivityReport.Wait(
                "CNI plugin " + run.plugin() + " to finish " + run.verb() + " (" + run.action() + ")",
                now.minusNanos(nanos - run.sinceNanos()),
                instant(run.deadline(), now));
    }

    private static @Nullable Instant instant(Deadline deadline, Instant now) {
        return deadline.isNone() ? null : now.plus(deadline.remaining());
    }
}

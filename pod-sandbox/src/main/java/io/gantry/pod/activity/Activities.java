package io.gantry.pod.activity;

import io.gantry.cni.plugin.PluginRun;
import io.gantry.platform.lifecycle.StepClock;
import io.gantry.pod.state.PodState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The calls under way, the step times of what they made, and the last failures. Safe for use by many threads; nobody waits
 * here, and what is kept is bounded by the calls under way, the objects that exist, and {@link Failures#LIMIT}.
 */
public final class Activities {
    /** Work that says which step it is in. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Activity activity) throws InterruptedException;
    }

    /** The same without a result. */
    @FunctionalInterface
    public interface Change {
        void run(Activity activity) throws InterruptedException;
    }

    private final PodState state;
    private final Clock clock;
    private final Instant began;
    private final Waits waits;
    private final Set<Activity> running = ConcurrentHashMap.newKeySet();
    private final Failures failures = new Failures();

    /** By id of the object; at most one for each verb. */
    private final Map<String, List<StepTimes>> starts = new ConcurrentHashMap<>();

    /** @param plugins those of the pod network that run now */
    public Activities(PodState state, Supplier<List<PluginRun>> plugins, Clock clock) {
        this.state = state;
        this.clock = clock;
        this.began = clock.instant();
        this.waits = new Waits(plugins);
    }

    /** Does some work as a call that can be seen while it is under way; what it throws goes on, and is remembered. */
    public <T> T call(Verb verb, Subject subject, Work<T> work) throws InterruptedException {
        Activity activity = new Activity(verb, subject, clock.instant());
        running.add(activity);
        boolean done = false;
        try {
            T result = work.run(activity);
            done = true;
            return result;
        } catch (InterruptedException | RuntimeException | Error e) {
            if (verb.keepsFailures()) {
                failures.add(activity, e, clock.instant());
            }
            throw e;
        } finally {
            if (done) {
                activity.done();
                keepTimes(activity);
            }
            running.remove(activity);
        }
    }

    /** {@link #call} without a result. */
    public void run(Verb verb, Subject subject, Change change) throws InterruptedException {
        boolean unused = call(verb, subject, activity -> {
            change.run(activity);
            return true;
        });
    }

    private void keepTimes(Activity activity) {
        Activity.Moment moment = activity.moment();
        String id = moment.subject().id();
        if (!activity.verb().isStart() || id.isEmpty() || moment.steps().isEmpty()) {
            return;
        }
        StepTimes times = new StepTimes(activity, moment.steps());
        List<StepTimes> unused = starts.merge(id, List.of(times), Activities::joined);
        if (!exists(id)) {
            forget(id); // it was removed meanwhile, and nobody will forget it any more
        }
    }

    private static List<StepTimes> joined(List<StepTimes> before, List<StepTimes> now) {
        List<StepTimes> kept = new java.util.ArrayList<>(before);
        kept.removeIf(times -> times.verb() == now.getFirst().verb());
        kept.addAll(now);
        return List.copyOf(kept);
    }

    private boolean exists(String id) {
        return state.sandboxes().find(id).isPresent()
                || state.containers().find(id).isPresent();
    }

    /** The object is gone: its step times go, too. */
    public void forget(String id) {
        starts.remove(id);
    }

    /** How many objects have step times. */
    int size() {
        return starts.size();
    }

    /** All that is known now. */
    public ActivityReport report() {
        return new ActivityReport(clock.instant(), began, calls(), failures.all());
    }

    /**
     * What a verbose status tells of a sandbox or container, beyond what CRI has fields for.
     *
     * @param subject what it is about: for a pod the calls of its containers are told, too
     * @param createdAt when it was created
     */
    public Map<String, Object> verboseInfo(Subject subject, Instant createdAt) {
        Map<String, Object> info = new LinkedHashMap<>();
        info.put(
                "activity",
                calls().stream()
                        .filter(call -> subject.ofContainer()
                                ? call.about().containerId().equals(subject.containerId())
                                : call.about().samePod(subject))
                        .toList());
        info.put(
                "steps",
                starts.getOrDefault(subject.id(), List.of()).stream()
                        .map(StepTimes::view)
                        .toList());
        if (createdAt.isBefore(began)) {
            info.put("stepsUnknown", "what happened before this daemon began at " + began + " is not known");
        }
        return info;
    }

    private List<ActivityReport.Call> calls() {
        Instant now = clock.instant();
        long nanos = System.nanoTime();
        List<Waits.Seen> seen = running.stream()
                .map(activity -> new Waits.Seen(activity.verb(), activity.since(), activity.moment()))
                .sorted(Comparator.comparing(Waits.Seen::since))
                .toList();
        return seen.stream().map(each -> view(each, seen, now, nanos)).toList();
    }

    private ActivityReport.Call view(Waits.Seen seen, List<Waits.Seen> all, Instant now, long nanos) {
        Activity.Current current = seen.moment().current();
        return new ActivityReport.Call(
                seen.verb().rpc(),
                seen.moment().subject(),
                seen.since(),
                current == null ? "" : current.step(),
                current == null ? seen.since() : now.minusNanos(nanos - current.since()),
                current == null ? List.of() : waits.of(seen, current, all, now, nanos),
                seen.moment().steps().stream().map(Activities::step).toList());
    }

    private static ActivityReport.Step step(StepClock.Step step) {
        return new ActivityReport.Step(step.name(), micros(step.took()) / 1000.0);
    }

    private static long micros(Duration duration) {
        return duration.toNanos() / 1000;
    }
}

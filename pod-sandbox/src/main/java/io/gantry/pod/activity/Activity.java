package io.gantry.pod.activity;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.lifecycle.StepClock;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call under way. The thread that works on it says which step begins; others may look at it at any time. A step costs
 * well below a microsecond, and nobody waits for anything here.
 */
public final class Activity {
    /** The step that is being done. */
    record Current(String step, Supplier<String> waitsFor, Supplier<Deadline> deadline, Kind kind, long since) {}

    /** What is known of the reason why a step waits. */
    enum Kind {
        PLAIN,
        /** For another call about the same object. */
        TURN,
        /** For the pod's network, whose plugins are known to it. */
        NETWORK,
        /** For calls about the containers of the pod, and the pod's network. */
        PARTS
    }

    /** A moment of an activity. */
    record Moment(Subject subject, @Nullable Current current, List<StepClock.Step> steps) {}

    private final Verb verb;
    private final Instant since;
    private final long begin = System.nanoTime();
    private final StepClock clock = new StepClock();
    private Subject subject;
    private @Nullable Current current;
    private @Nullable String failedStep;

    Activity(Verb verb, Subject subject, Instant since) {
        this.verb = verb;
        this.subject = subject;
        this.since = since;
    }

    private static String nothing() {
        return "";
    }

    private static Deadline noDeadline() {
        return Deadline.NONE;
    }

    /** One that nobody sees. */
    public static Activity unseen(Verb verb) {
        return new Activity(verb, new Subject("", "", "", "", ""), Instant.EPOCH);
    }

    /** More is known of what it is about: the id that was given to it. */
    public synchronized void about(Subject known) {
        subject = known;
    }

    /** The step before is over and this one begins. */
    public void step(String name) {
        begin(name, Activity::nothing, Activity::noDeadline, Kind.PLAIN);
    }

    /** @param what it waits for, as in "it waits for WHAT" */
    public void step(String name, String what) {
        begin(name, () -> what, Activity::noDeadline, Kind.PLAIN);
    }

    /** @param deadline when the wait is given up */
    public void step(String name, String what, Deadline deadline) {
        begin(name, () -> what, () -> deadline, Kind.PLAIN);
    }

    /** @param deadline asked for whenever somebody looks, as it may be moved; must not block */
    public void step(String name, String what, Supplier<Deadline> deadline) {
        begin(name, () -> what, deadline, Kind.PLAIN);
    }

    /** @param what asked for whenever somebody looks; must not block */
    public void watched(String name, Supplier<String> what) {
        begin(name, what, Activity::noDeadline, Kind.PLAIN);
    }

    /** It waits until another call about the same object is over. */
    public void turn() {
        begin("turn", Activity::nothing, Activity::noDeadline, Kind.TURN);
    }

    /** It waits for the pod's network; which plugin works is known there. */
    public void network(String name) {
        begin(name, Activity::nothing, Activity::noDeadline, Kind.NETWORK);
    }

    /** It waits for calls about the pod's containers, and perhaps for its network. */
    public void parts(String name) {
        begin(name, Activity::nothing, Activity::noDeadline, Kind.PARTS);
    }

    /** It failed, and what it has done is undone: {@code what} now. The step that failed is remembered. */
    public synchronized void undo(String what) {
        if (failedStep == null) {
            failedStep = current == null ? "" : current.step();
        }
        begin(
                "undo " + what,
                Activity::nothing,
                Activity::noDeadline,
                what.equals("network") ? Kind.NETWORK : Kind.PLAIN);
    }

    private synchronized void begin(String name, Supplier<String> what, Supplier<Deadline> deadline, Kind kind) {
        done();
        current = new Current(name, what, deadline, kind, System.nanoTime());
    }

    /** The last step is over. */
    public synchronized void done() {
        if (current != null) {
            clock.lap(current.step());
            current = null;
        }
    }

    /**
     * A step that ran beside the others is over.
     *
     * @param since a {@link System#nanoTime} at which it began
     */
    public void beside(String name, long since) {
        clock.beside(name, since);
    }

    /** For the log: the steps so far. */
    public StepClock clock() {
        return clock;
    }

    Verb verb() {
        return verb;
    }

    Instant since() {
        return since;
    }

    long tookNanos() {
        return System.nanoTime() - begin;
    }

    synchronized Moment moment() {
        return new Moment(subject, current, clock.steps());
    }

    synchronized String failedStep() {
        return failedStep != null ? failedStep : current == null ? "" : current.step();
    }
}

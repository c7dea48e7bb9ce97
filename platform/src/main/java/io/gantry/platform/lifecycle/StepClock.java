package io.gantry.platform.lifecycle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How long the steps of one operation take, for the log. Steps may end on several threads. */
public final class StepClock {
    /** A step that is over. */
    public record Step(String name, Duration took) {}

    private final long begin = System.nanoTime();
    private final List<Step> steps = new ArrayList<>();
    private long last = begin;

    /** The step that began when the one before it ended is over. */
    public synchronized void lap(String name) {
        long now = System.nanoTime();
        steps.add(new Step(name, Duration.ofNanos(now - last)));
        last = now;
    }

    /** A step that ran beside the others is over; {@code since} is a {@link System#nanoTime} at which it began. */
    public synchronized void beside(String name, long since) {
        steps.add(new Step(name, Duration.ofNanos(System.nanoTime() - since)));
    }

    /** The steps so far, in the order in which they ended. */
    public synchronized List<Step> steps() {
        return List.copyOf(steps);
    }

    /** Milliseconds: {@code total=31.2 record=0.4 pause=3.9}. */
    @Override
    public synchronized String toString() {
        StringBuilder text = new StringBuilder("total=").append(millis(Duration.ofNanos(System.nanoTime() - begin)));
        steps.forEach(step -> text.append(' ').append(step.name()).append('=').append(millis(step.took())));
        return text.toString();
    }

    private static String millis(Duration time) {
        return String.format(Locale.ROOT, "%.1f", time.toNanos() / 1e6);
    }
}

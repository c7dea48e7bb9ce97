package io.gantry.platform.concurrent;

import java.time.Duration;

/** A point in monotonic time by which something must be over; {@link #NONE} never comes. */
public record Deadline(long nanoTime, boolean isNone) {
    /** The deadline that never comes. */
    public static final Deadline NONE = new Deadline(0, true);

    /** The deadline {@code timeout} from now. */
    public static Deadline after(Duration timeout) {
        return new Deadline(System.nanoTime() + timeout.toNanos(), false);
    }

    public boolean isExpired() {
        return !isNone && System.nanoTime() - nanoTime >= 0;
    }

    /** Time left, never negative; {@link Long#MAX_VALUE} nanoseconds when there is no deadline. */
    public Duration remaining() {
        return isNone ? Duration.ofNanos(Long.MAX_VALUE) : Duration.ofNanos(Math.max(0, nanoTime - System.nanoTime()));
    }

    /** Whichever of the two comes first. */
    public Deadline earlier(Deadline other) {
        if (isNone) {
            return other;
        }
        return other.isNone || nanoTime - other.nanoTime <= 0 ? this : other;
    }
}

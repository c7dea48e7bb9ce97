package io.gantry.cri.streaming.session;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Calls back once when nothing was moved for a time. On one event loop. */
public final class IdleTimer {
    private final EventLoop loop;
    private final long limitNanos;
    private final Runnable onIdle;
    private long touchedAt = System.nanoTime();
    private @Nullable Future<?> check;
    private boolean stopped;

    /** Starts it. */
    public IdleTimer(EventLoop loop, Duration limit, Runnable onIdle) {
        this.loop = loop;
        this.limitNanos = limit.toNanos();
        this.onIdle = onIdle;
        schedule(limitNanos);
    }

    /** Something was moved. */
    public void touch() {
        touchedAt = System.nanoTime();
    }

    /** Ends it; nothing is called back any more. */
    public void stop() {
        stopped = true;
        if (check != null) {
            check.cancel(false);
        }
    }

    private void schedule(long nanos) {
        check = loop.schedule(this::check, nanos, TimeUnit.NANOSECONDS);
    }

    private void check() {
        if (stopped) {
            return;
        }
        long left = limitNanos - (System.nanoTime() - touchedAt);
        if (left > 0) {
            schedule(left);
        } else {
            stopped = true;
            onIdle.run();
        }
    }
}

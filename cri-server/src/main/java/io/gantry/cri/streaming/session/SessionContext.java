package io.gantry.cri.streaming.session;

import io.netty.channel.IoEventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * What all sessions of a server share.
 *
 * @param loop on which every session and every connection runs
 * @param workers runs what may block, one thread a task, interruptible
 * @param dials how many connections into pods may be in the making at a time: each has a thread of its own for a moment
 * @param attachBudget how much the clients of Attach may keep unread altogether
 */
public record SessionContext(
        StreamTargets targets, IoEventLoop loop, Executor workers, Semaphore dials, OutputBudget attachBudget) {
    private static final int DIALS = 32;
    private static final long ATTACH_BYTES = 24 << 20;

    /** With the usual limits. */
    public SessionContext(StreamTargets targets, IoEventLoop loop, Executor workers) {
        this(targets, loop, workers, new Semaphore(DIALS), new OutputBudget(ATTACH_BYTES));
    }
}

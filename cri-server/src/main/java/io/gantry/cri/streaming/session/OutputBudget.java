package io.gantry.cri.streaming.session;

import java.util.HashMap;
import java.util.Map;

/**
 * How much output all attached clients together may leave unread. Their containers are never made to wait for them, so
 * what they do not take is kept for a while, and this is the bound. On one event loop.
 */
public final class OutputBudget {
    private final long limit;
    private final Map<Object, Long> pending = new HashMap<>();
    private long total;

    /** @param limit in bytes */
    public OutputBudget(long limit) {
        this.limit = limit;
    }

    /** Notes what a client has left unread. @return whether all of them are within the limit */
    boolean set(Object client, long bytes) {
        Long before = bytes == 0 ? pending.remove(client) : pending.put(client, bytes);
        total += bytes - (before == null ? 0 : before);
        return total <= limit;
    }

    /** A client is gone. */
    void remove(Object client) {
        boolean unused = set(client, 0);
    }
}

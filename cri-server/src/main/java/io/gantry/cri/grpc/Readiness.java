package io.gantry.cri.grpc;

import java.util.concurrent.atomic.AtomicReference;

/** Whether calls are served. A daemon starts, is ready, stops, in this order and never back. */
public final class Readiness {
    /** Where the daemon is in its life. */
    public enum Phase {
        STARTING,
        READY,
        STOPPING
    }

    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.STARTING);

    public Phase phase() {
        return phase.get();
    }

    /** Recovery has ended: calls are served from now on, unless the daemon is stopping already. */
    public void ready() {
        phase.compareAndSet(Phase.STARTING, Phase.READY);
    }

    /** New calls are refused from now on; those that run go on. */
    public void stopping() {
        phase.set(Phase.STOPPING);
    }
}

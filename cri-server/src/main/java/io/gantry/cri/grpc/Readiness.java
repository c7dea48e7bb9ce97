package io.gantry.cri.grpc;

/** Whether calls are served. A daemon starts, is ready, stops, in this order and never back. */
public final class Readiness {
    /** Where the daemon is in its life. */
    public enum Phase {
        STARTING,
        READY,
        STOPPING
    }

    private volatile Phase phase = Phase.STARTING;

    public Phase phase() {
        return phase;
    }

    /** Recovery has ended: calls are served from now on, unless the daemon is stopping already. */
    public synchronized void ready() {
        if (phase == Phase.STARTING) {
            phase = Phase.READY;
        }
    }

    /** New calls are refused from now on; those that run go on. */
    public synchronized void stopping() {
        phase = Phase.STOPPING;
    }
}

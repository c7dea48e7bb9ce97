package io.gantry.cri.streaming.session;

/** Versions of Kubernetes' protocol for the streams of a command; each adds to the one before. */
public enum RemoteCommandVersion {
    /** Streams for input, outputs and errors of the call. */
    V1,
    /** The same, with the end of input told. */
    V2,
    /** With a stream for the size of the terminal. */
    V3,
    /** With the result as a {@code metav1.Status}. */
    V4,
    /** Over WebSocket alone: with a signal for the end of input. */
    V5;

    public boolean hasTerminalSize() {
        return compareTo(V3) >= 0;
    }

    /** Whether the result is told as JSON, and so in case of success too. */
    public boolean hasStatus() {
        return compareTo(V4) >= 0;
    }
}

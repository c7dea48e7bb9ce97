package io.gantry.cni.plugin;

/** A plugin's answer that is not a result; the message is the problem. */
public final class MalformedResult extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedResult(String problem) {
        super(problem);
    }
}

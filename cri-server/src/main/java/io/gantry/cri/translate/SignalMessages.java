package io.gantry.cri.translate;

import io.gantry.cri.v1.Signal;
import java.util.Locale;

/** Stop signals: CRI's enum and the names of signal(7). */
final class SignalMessages {
    private static final String PREFIX = "SIGNAL_";

    private SignalMessages() {}

    /** The signal's name, such as {@code SIGRTMIN+3}; empty for the image's own. */
    static String name(Signal signal, Checks checks, String field) {
        return switch (signal) {
            case SIGNAL_RUNTIME_DEFAULT -> "";
            case UNRECOGNIZED -> throw checks.refuse(field, "is not a signal that is known here");
            // Second names of the same signals.
            case SIGNAL_SIGCLD -> "SIGCHLD";
            case SIGNAL_SIGIOT -> "SIGABRT";
            case SIGNAL_SIGPOLL -> "SIGIO";
            default ->
                signal.name().substring(PREFIX.length()).replace("PLUS", "+").replace("MINUS", "-");
        };
    }

    /** The enum's value for a name; SIGNAL_RUNTIME_DEFAULT for one that CRI does not have. */
    static Signal toMessage(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        String constant = PREFIX
                + (upper.startsWith("SIG") ? upper : "SIG" + upper)
                        .replace("+", "PLUS")
                        .replace("-", "MINUS");
        for (Signal signal : Signal.values()) {
            if (signal.name().equals(constant)) {
                return signal;
            }
        }
        return Signal.SIGNAL_RUNTIME_DEFAULT;
    }
}

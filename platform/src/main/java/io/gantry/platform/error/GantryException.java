package io.gantry.platform.error;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A failure with a kind, an action with its subject ("pull image docker.io/library/busybox:1.36"), a problem, and where
 * there is one a remedy: the three things an operator needs. The message reads {@code action: problem; remedy}, after a
 * reason where a client acts on one.
 */
public final class GantryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorKind kind;
    private final String action;
    private final String problem;
    private final @Nullable String remedy;
    private final @Nullable String reason;

    private GantryException(
            ErrorKind kind,
            String action,
            String problem,
            @Nullable String remedy,
            @Nullable String reason,
            @Nullable Throwable cause) {
        super(
                (reason == null ? "" : reason + ": ") + action + ": " + problem + (remedy == null ? "" : "; " + remedy),
                cause);
        this.kind = Objects.requireNonNull(kind, "kind is null");
        this.action = action;
        this.problem = problem;
        this.remedy = remedy;
        this.reason = reason;
    }

    /**
     * @param action what was being done, with its subject, lower case: {@code "start container 3f2a"}
     * @param problem why it failed, lower case, no full stop: {@code "no such container"}
     */
    public static GantryException of(ErrorKind kind, String action, String problem) {
        return new GantryException(kind, action, problem, null, null, null);
    }

    /** The same failure with what the reader can do about it: {@code "run 'gantry check'"}. */
    public GantryException withRemedy(String newRemedy) {
        return copy(new GantryException(kind, action, problem, newRemedy, reason, getCause()));
    }

    /**
     * The same failure with a word that clients look for at the beginning of the message and act on: {@code
     * "RegistryUnavailable"}.
     */
    public GantryException withReason(String newReason) {
        return copy(new GantryException(kind, action, problem, remedy, newReason, getCause()));
    }

    /** The same failure with the throwable that led to it. */
    public GantryException causedBy(Throwable cause) {
        return copy(new GantryException(kind, action, problem, remedy, reason, cause));
    }

    private GantryException copy(GantryException other) {
        other.setStackTrace(getStackTrace());
        for (Throwable suppressed : getSuppressed()) {
            other.addSuppressed(suppressed);
        }
        return other;
    }

    public ErrorKind kind() {
        return kind;
    }

    public String action() {
        return action;
    }

    public String problem() {
        return problem;
    }

    public @Nullable String remedy() {
        return remedy;
    }

    /** What clients act on beside the kind; null for most failures. */
    public @Nullable String reason() {
        return reason;
    }
}

package io.gantry.image.registry;

import java.net.URI;
import java.time.Duration;

/**
 * Why one endpoint did not serve what was asked.
 *
 * @param where the endpoint for people
 * @param text what happened, lower case
 * @param retryAfter what the server asked for, zero when nothing
 */
record Failure(URI endpoint, String where, Cause cause, String text, Duration retryAfter) {
    /** Kinds of failure, and whether the same endpoint may do better later. */
    enum Cause {
        /** No connection could be made. */
        UNREACHABLE(true),
        /** TLS could not be agreed on: wrong certificate, or no TLS there at all. */
        TLS(false),
        /** The connection broke or fell silent. */
        BROKEN(true),
        THROTTLED(true),
        SERVER_ERROR(true),
        UNAUTHENTICATED(false),
        FORBIDDEN(false),
        NOT_FOUND(false),
        BAD_CONTENT(false),
        REFUSED(false),
        /** Settings for this endpoint cannot be used. */
        MISCONFIGURED(false);

        private final boolean retryable;

        Cause(boolean retryable) {
            this.retryable = retryable;
        }

        boolean isRetryable() {
            return retryable;
        }

        boolean isNetwork() {
            return this == UNREACHABLE || this == TLS || this == BROKEN;
        }
    }

    static Failure of(Endpoint endpoint, Cause cause, String text) {
        return new Failure(endpoint.base(), endpoint.display(), cause, text, Duration.ZERO);
    }

    /** The same with something added to what happened. */
    Failure with(String more) {
        return new Failure(endpoint, where, cause, text + more, retryAfter);
    }

    Failure retryAfter(Duration pause) {
        return new Failure(endpoint, where, cause, text, pause);
    }
}

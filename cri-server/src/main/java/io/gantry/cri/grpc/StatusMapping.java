package io.gantry.cri.grpc;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where a failure becomes a gRPC status. */
public final class StatusMapping {
    /**
     * Longest description sent, in characters. Descriptions travel in HTTP/2 trailers, which some clients limit to 8 KiB,
     * with up to three bytes for each character that is not printable ASCII.
     */
    static final int MAX_DESCRIPTION = 2048;

    private static final Logger log = LoggerFactory.getLogger(StatusMapping.class);

    private StatusMapping() {}

    /** The status code of a kind of error. */
    public static Status.Code code(ErrorKind kind) {
        return switch (kind) {
            case INVALID_ARGUMENT -> Status.Code.INVALID_ARGUMENT;
            case NOT_FOUND -> Status.Code.NOT_FOUND;
            case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
            case FAILED_PRECONDITION -> Status.Code.FAILED_PRECONDITION;
            case UNAVAILABLE -> Status.Code.UNAVAILABLE;
            case DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
            case CANCELLED -> Status.Code.CANCELLED;
            case UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
            case PERMISSION_DENIED -> Status.Code.PERMISSION_DENIED;
            case RESOURCE_EXHAUSTED -> Status.Code.RESOURCE_EXHAUSTED;
            case DATA_LOSS -> Status.Code.DATA_LOSS;
            case UNIMPLEMENTED -> Status.Code.UNIMPLEMENTED;
            case INTERNAL -> Status.Code.INTERNAL;
        };
    }

    /**
     * The status for whatever ended a call. An interruption is the caller's doing: DEADLINE_EXCEEDED when the call's own
     * deadline passed, else CANCELLED. An exception that nobody classified is a defect: INTERNAL, with its stack trace in
     * the log.
     */
    public static Status status(Throwable failure) {
        return switch (failure) {
            case GantryException e -> {
                if (e.kind() == ErrorKind.INTERNAL) {
                    log.error("call failed inside", e);
                }
                String text = String.valueOf(e.getMessage());
                // The kubelet tells users a reason only with code UNKNOWN, the one that it takes off before it looks
                // (k8s.io/cri-client, remote_image.go).
                yield describe(e.reason() == null ? code(e.kind()) : Status.Code.UNKNOWN, text, e);
            }
            case InterruptedException e -> interrupted().withCause(e);
            case StatusRuntimeException e -> e.getStatus();
            case StatusException e -> e.getStatus();
            default -> {
                log.error("call failed unexpectedly", failure);
                yield describe(
                        Status.Code.INTERNAL,
                        "unexpected " + failure.getClass().getSimpleName()
                                + (failure.getMessage() == null ? "" : ": " + failure.getMessage())
                                + "; the daemon's log has the stack trace",
                        failure);
            }
        };
    }

    /** Why the current call was interrupted. */
    static Status interrupted() {
        Throwable cause = Context.current().cancellationCause();
        return cause instanceof TimeoutException
                ? Status.DEADLINE_EXCEEDED.withDescription("the call's deadline passed")
                : Status.CANCELLED.withDescription("the client cancelled the call");
    }

    private static Status describe(Status.Code code, String text, Throwable cause) {
        String description = text;
        if (description.length() > MAX_DESCRIPTION) {
            description = description.substring(0, MAX_DESCRIPTION - 3) + "...";
        }
        return code.toStatus().withDescription(description).withCause(cause);
    }
}

package io.gantry.cri.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.Context;
import io.grpc.Status;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusMappingTests {
    @ParameterizedTest
    @EnumSource(ErrorKind.class)
    void everyKindHasTheCodeOfItsName(ErrorKind kind) {
        assertThat(StatusMapping.code(kind)).hasToString(kind.toString());
    }

    @Test
    void noTwoKindsShareACode() {
        Set<Status.Code> codes = EnumSet.noneOf(Status.Code.class);
        for (ErrorKind kind : ErrorKind.values()) {
            assertThat(codes.add(StatusMapping.code(kind)))
                    .as("code of %s is new", kind)
                    .isTrue();
        }
    }

    @Test
    void theTextHasActionProblemAndRemedy() {
        Status status = StatusMapping.status(
                GantryException.of(ErrorKind.NOT_FOUND, "start container 3f2a", "no such container")
                        .withRemedy("create it first"));
        assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(status.getDescription()).isEqualTo("start container 3f2a: no such container; create it first");
    }

    @Test
    void textsThatTheKubeletReadsHaveTheCodeThatItTakesOff() {
        Status status =
                StatusMapping.status(GantryException.of(ErrorKind.UNAVAILABLE, "pull image a", "connection refused")
                        .withReason("RegistryUnavailable"));
        assertThat(status.getCode()).isEqualTo(Status.Code.UNKNOWN);
        assertThat(status.getDescription()).isEqualTo("RegistryUnavailable: pull image a: connection refused");
    }

    @Test
    void whatNobodyClassifiedIsInternal() {
        Status status = StatusMapping.status(new IllegalStateException("queue is full"));
        assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getDescription())
                .isEqualTo("unexpected IllegalStateException: queue is full; the daemon's log has the stack trace");
    }

    @Test
    void longTextsAreCut() {
        Status status = StatusMapping.status(GantryException.of(ErrorKind.UNAVAILABLE, "pull", "x".repeat(100_000)));
        assertThat(status.getDescription())
                .hasSize(StatusMapping.MAX_DESCRIPTION)
                .endsWith("...");
    }

    @Test
    void anInterruptionIsTheClientsCancellation() {
        assertThat(StatusMapping.status(new InterruptedException()).getCode()).isEqualTo(Status.Code.CANCELLED);
    }

    @Test
    void anInterruptionAtTheDeadlineIsDeadlineExceeded() {
        Context.CancellableContext context = Context.ROOT.withCancellation();
        context.cancel(new TimeoutException("context timed out"));
        context.run(() -> assertThat(
                        StatusMapping.status(new InterruptedException()).getCode())
                .isEqualTo(Status.Code.DEADLINE_EXCEEDED));
    }
}

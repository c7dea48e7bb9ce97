package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestChecksTests {
    private static final Streams OUT = new Streams(false, true, false, false);

    private final FakeTargets targets = new FakeTargets();
    private final RequestChecks checks = new RequestChecks(targets);

    private static StreamRequest exec(Streams streams, String... command) {
        return new StreamRequest.Exec("c1", List.of(command), streams);
    }

    private ErrorKind kindFor(StreamRequest request, String message) {
        GantryException error = catchThrowableOfType(GantryException.class, () -> checks.check(request));
        assertThat(error).hasMessageContaining(message);
        return error.kind();
    }

    @Test
    void goodRequestsPass() {
        assertThat(checks.check(exec(OUT, "ls"))).isEqualTo(exec(OUT, "ls"));
        assertThat(checks.check(exec(new Streams(true, true, false, true), "sh")))
                .isNotNull();
        assertThat(checks.check(new StreamRequest.Attach("c1", new Streams(true, true, false, true))))
                .isNotNull();
        assertThat(checks.check(new StreamRequest.PortForward("s1", List.of(1, 65535))))
                .isNotNull();
    }

    @Test
    void atLeastOneStreamMustBeAskedFor() {
        Streams none = new Streams(false, false, false, false);
        assertThat(kindFor(exec(none, "ls"), "none of stdin, stdout and stderr"))
                .isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(kindFor(new StreamRequest.Attach("c1", none), "none of stdin"))
                .isEqualTo(ErrorKind.INVALID_ARGUMENT);
    }

    @Test
    void aTerminalExcludesStandardError() {
        Streams both = new Streams(true, true, true, true);
        assertThat(kindFor(exec(both, "ls"), "tty and stderr")).isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(kindFor(new StreamRequest.Attach("c1", both), "tty and stderr"))
                .isEqualTo(ErrorKind.INVALID_ARGUMENT);
    }

    @Test
    void aCommandIsNeeded() {
        assertThat(kindFor(exec(OUT), "no command")).isEqualTo(ErrorKind.INVALID_ARGUMENT);
    }

    @Test
    void theContainerMustBeThereAndRun() {
        StreamRequest unknown = new StreamRequest.Exec("c2", List.of("ls"), OUT);
        assertThat(kindFor(unknown, "no container")).isEqualTo(ErrorKind.NOT_FOUND);
        targets.container = Pods.ended();
        assertThat(kindFor(exec(OUT, "ls"), "EXITED")).isEqualTo(ErrorKind.FAILED_PRECONDITION);
        assertThat(kindFor(new StreamRequest.Attach("c1", OUT), "EXITED")).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    }

    @Test
    void aTerminalCannotBeAttachedThatIsNotThere() {
        targets.container = Pods.running(false);
        StreamRequest attach = new StreamRequest.Attach("c1", new Streams(true, true, false, true));
        assertThat(kindFor(attach, "created without one")).isEqualTo(ErrorKind.INVALID_ARGUMENT);
    }

    @Test
    void portsMustBePortsOfAReadySandbox() {
        for (int port : new int[] {0, -1, 65536}) {
            assertThat(kindFor(new StreamRequest.PortForward("s1", List.of(port)), "from 1 to 65535"))
                    .isEqualTo(ErrorKind.INVALID_ARGUMENT);
        }
        assertThat(kindFor(new StreamRequest.PortForward("s1", Collections.nCopies(128, 80)), "more than 127"))
                .isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(kindFor(new StreamRequest.PortForward("s2", List.of()), "no sandbox"))
                .isEqualTo(ErrorKind.NOT_FOUND);
        targets.sandbox = Pods.stopped();
        assertThat(kindFor(new StreamRequest.PortForward("s1", List.of()), "STOPPED"))
                .isEqualTo(ErrorKind.FAILED_PRECONDITION);
    }
}

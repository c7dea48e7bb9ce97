package io.gantry.cri.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.cri.v1.AttachRequest;
import io.gantry.cri.v1.ExecRequest;
import io.gantry.cri.v1.PortForwardRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamingMessagesTests {
    @Test
    void everyFieldIsTranslated() {
        assertThat(StreamingMessages.exec(ExecRequest.newBuilder()
                        .setContainerId("c1")
                        .addCmd("ls")
                        .addCmd("-l")
                        .setTty(true)
                        .setStdin(true)
                        .setStdout(true)
                        .build()))
                .isEqualTo(new StreamRequest.Exec("c1", List.of("ls", "-l"), new Streams(true, true, false, true)));
        assertThat(StreamingMessages.attach(AttachRequest.newBuilder()
                        .setContainerId("c1")
                        .setStderr(true)
                        .build()))
                .isEqualTo(new StreamRequest.Attach("c1", new Streams(false, false, true, false)));
        assertThat(StreamingMessages.portForward(PortForwardRequest.newBuilder()
                        .setPodSandboxId("s1")
                        .addPort(80)
                        .addPort(443)
                        .build()))
                .isEqualTo(new StreamRequest.PortForward("s1", List.of(80, 443)));
    }

    @Test
    void idsAreNeededAndZeroBytesRefused() {
        for (Runnable bad : List.<Runnable>of(
                () -> StreamingMessages.exec(ExecRequest.getDefaultInstance()),
                () -> StreamingMessages.attach(AttachRequest.getDefaultInstance()),
                () -> StreamingMessages.portForward(PortForwardRequest.getDefaultInstance()),
                () -> StreamingMessages.exec(ExecRequest.newBuilder()
                        .setContainerId("c1")
                        .addCmd("a\0b")
                        .build()))) {
            assertThatThrownBy(bad::run)
                    .isInstanceOfSatisfying(
                            GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT));
        }
    }
}

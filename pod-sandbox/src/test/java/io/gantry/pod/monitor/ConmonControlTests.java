package io.gantry.pod.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.SpawnProcessRunner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConmonControlTests {
    @TempDir
    Path bundle;

    private final ConmonControl control = new ConmonControl(JnaSyscalls.instance());

    @BeforeEach
    void makeFifo() throws Exception {
        assertThat(SpawnProcessRunner.shared()
                        .run(
                                Command.of("mkfifo", bundle.resolve("ctl").toString()),
                                Deadline.after(Duration.ofSeconds(30)))
                        .isSuccess())
                .isTrue();
    }

    @Test
    void messagesAreThoseOfConmon() {
        int reader = JnaSyscalls.instance()
                .openat(
                        LinuxConstants.AT_FDCWD,
                        bundle.resolve("ctl").toString(),
                        LinuxConstants.O_RDONLY | LinuxConstants.O_NONBLOCK | LinuxConstants.O_CLOEXEC,
                        0);
        try {
            control.reopenLog("c1", bundle);
            control.resize("c1", bundle, 80, 25);

            byte[] buffer = new byte[256];
            int count = JnaSyscalls.instance().read(reader, buffer, 0, buffer.length);
            assertThat(new String(buffer, 0, count, StandardCharsets.US_ASCII)).isEqualTo("2 0 0\n1 25 80\n");
        } finally {
            JnaSyscalls.instance().close(reader);
        }
    }

    @Test
    void aConmonThatIsGoneIsNotWaitedFor() {
        assertThatThrownBy(() -> control.reopenLog("c1", bundle))
                .isInstanceOfSatisfying(
                        GantryException.class,
                        problem -> assertThat(problem.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageContaining("control conmon of container c1");
        assertThatThrownBy(() -> control.reopenLog("c1", bundle.resolve("missing")))
                .isInstanceOf(GantryException.class);
    }
}

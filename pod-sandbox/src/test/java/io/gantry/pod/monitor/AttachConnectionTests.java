package io.gantry.pod.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.pod.spec.RequestFixture;
import io.gantry.pod.testing.RuntimeBed;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On real conmon and runc. */
@Timeout(120)
class AttachConnectionTests {
    private static final int PATIENCE_MILLIS = 30_000;

    private final Syscalls syscalls = JnaSyscalls.instance();
    private final ConmonControl control = new ConmonControl(syscalls);
    private @Nullable RuntimeBed bed;
    private @Nullable PidFd monitor;

    @BeforeEach
    void open() throws Exception {
        bed = RuntimeBed.runc();
    }

    @AfterEach
    void close() throws Exception {
        if (bed == null) {
            return;
        }
        bed().runtime().delete("c1", true, RuntimeBed.soon());
        if (monitor != null) {
            var unused = monitor.exited().get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            monitor.close();
        }
        bed().close();
    }

    private RuntimeBed bed() {
        if (bed == null) {
            throw new IllegalStateException("no runtime");
        }
        return bed;
    }

    private Path bundle() {
        return bed().bundle("c1");
    }

    private void run(boolean tty, boolean stdinOnce, String script) throws Exception {
        String program = Privileges.assumeProgram("conmon");
        Conmon conmon = new Conmon(
                program,
                bed().directories().dir("exits"),
                bed().directories().dir("sockets"),
                -1,
                SpawnProcessRunner.shared(),
                syscalls,
                FdWatcher.shared());
        RequestFixture request = bed().request("c1", script);
        request.tty = tty;
        bed().build(request).writeTo(bundle());
        try (Conmon.Pending pending = conmon.start(
                new Conmon.CreateRequest("c1", "c1", bundle(), bed().runtime(), "", tty, true, stdinOnce))) {
            Conmon.Created created = pending.create(RuntimeBed.soon());
            monitor = created.monitor() == null
                    ? null
                    : PidFd.open(created.monitor()).orElse(null);
        }
        bed().runtime().start("c1", "start container c1", RuntimeBed.soon());
    }

    private AttachConnection attach() throws InterruptedException {
        return AttachConnection.open(syscalls, control, "c1", bundle());
    }

    private void type(AttachConnection to, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        assertThat(syscalls.write(to.socket().number(), bytes, 0, bytes.length)).isEqualTo(bytes.length);
    }

    /** Reads until that text has come, or to the end when it is empty. */
    private String read(AttachConnection from, int output, String until) {
        StringBuilder all = new StringBuilder();
        byte[] packet = new byte[AttachConnection.MAX_OUTPUT_PACKET];
        while (until.isEmpty() || all.indexOf(until) < 0) {
            assertThat(syscalls.poll(from.socket().number(), LinuxConstants.EPOLLIN, PATIENCE_MILLIS))
                    .as("output after: " + all)
                    .isNotZero();
            int count = syscalls.read(from.socket().number(), packet, 0, packet.length);
            if (count == 0) {
                break;
            }
            if (packet[0] == output) {
                all.append(new String(packet, 1, count - 1, StandardCharsets.UTF_8));
            }
        }
        return all.toString();
    }

    @Test
    void severalClientsSeeTheSameAndEachMayType() throws Exception {
        run(false, false, "while read line; do echo \"out $line\"; echo \"err $line\" >&2; done");
        try (AttachConnection first = attach();
                AttachConnection second = attach()) {
            type(first, "a\n");
            assertThat(read(first, AttachConnection.STDOUT, "out a\n")).isEqualTo("out a\n");
            assertThat(read(second, AttachConnection.STDERR, "err a\n")).isEqualTo("err a\n");
            type(second, "b\n");
            assertThat(read(first, AttachConnection.STDOUT, "out b\n")).contains("out b\n");
            first.close();
            type(second, "c\n");
            assertThat(read(second, AttachConnection.STDOUT, "out c\n")).contains("out c\n");
        }
    }

    @Test
    void theEndOfInputReachesAContainerWhoseInputIsForOnce() throws Exception {
        run(false, true, "cat; echo end");
        try (AttachConnection client = attach()) {
            type(client, "x");
            client.endInput();
            assertThat(read(client, AttachConnection.STDOUT, "")).isEqualTo("xend\n");
        }
    }

    @Test
    void theTerminalIsResized() throws Exception {
        run(true, false, "while read line; do stty size; done");
        try (AttachConnection client = attach()) {
            client.resize(111, 22);
            type(client, "\n");
            assertThat(read(client, AttachConnection.STDOUT, "22 111")).contains("22 111");
        }
    }

    @Test
    void whoHasNoMonitorCannotBeAttached() {
        assertThatThrownBy(this::attach)
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageContaining("attach to container c1")
                .hasMessageContaining("monitor does not answer");
    }
}

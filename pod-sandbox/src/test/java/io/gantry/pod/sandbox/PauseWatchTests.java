package io.gantry.pod.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.pod.events.PodEvents;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import io.gantry.pod.state.SandboxState;
import io.gantry.pod.testing.Samples;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PauseWatchTests {
    @TempDir
    Path root;

    private final List<String> told = new CopyOnWriteArrayList<>();
    private PodState state;
    private PauseWatch watch;
    private RunningProcess process;

    @BeforeEach
    void open() {
        state = new PodState(new PodPaths(root, root.resolve("state")));
        PodEvents events = new PodEvents();
        var unused = events.subscribe(event -> told.add(event.kind() + " " + event.sandboxId()));
        watch = new PauseWatch(state, events, Clock.systemUTC());
        process = SpawnProcessRunner.shared().start(Command.of("sleep", "1000"));
    }

    @AfterEach
    void close() {
        watch.close();
        process.killGroup();
        process.close();
    }

    private PodSandbox sandbox(SandboxState sandboxState) {
        PodSandbox sandbox = Samples.sandbox("s", sandboxState)
                .withPause(ProcessIdentity.of(process.pid()).orElseThrow());
        state.sandboxes().put("s", sandbox);
        return sandbox;
    }

    private SandboxState now() {
        return state.sandboxes().find("s").orElseThrow().state();
    }

    private void end() throws Exception {
        process.killGroup();
        var unused = process.waitFor(Deadline.after(Duration.ofSeconds(30)));
    }

    private void awaitTold() throws InterruptedException {
        Deadline deadline = Deadline.after(Duration.ofSeconds(30));
        while (told.isEmpty() && !deadline.isExpired()) {
            Thread.sleep(5);
        }
        assertThat(told).containsExactly("STOPPED s");
    }

    @Test
    void aSandboxIsNotReadyOnceItsProcessHasEnded() throws Exception {
        watch.track(sandbox(SandboxState.READY));
        assertThat(now()).isEqualTo(SandboxState.READY);

        end();

        awaitTold();
        assertThat(now()).isEqualTo(SandboxState.STOPPING);
    }

    @Test
    void oneWhoseProcessIsGoneAlready() throws Exception {
        PodSandbox sandbox = sandbox(SandboxState.READY);
        end();

        watch.track(sandbox);

        awaitTold();
        assertThat(now()).isEqualTo(SandboxState.STOPPING);
    }

    @Test
    void aStopEndsTheProcessWithoutAWord() throws Exception {
        watch.track(sandbox(SandboxState.READY));
        watch.forget("s");
        watch.forget("s");

        end();
        Thread.sleep(100);

        assertThat(told).isEmpty();
        assertThat(now()).isEqualTo(SandboxState.READY);
    }

    /** The stop came between the sandbox's being READY and its being watched. */
    @Test
    void oneThatIsBeingStoppedIsNotWatched() throws Exception {
        watch.track(sandbox(SandboxState.STOPPING));

        end();
        Thread.sleep(100);

        assertThat(told).isEmpty();
    }
}

package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.container.ExecRequest;
import io.gantry.pod.container.RunningExec;
import io.gantry.pod.runtime.ExecResult;
import io.gantry.pod.testing.PodBed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands in a container that is being stopped: preStop hooks and people who look why it takes so long. */
class ExecDuringStopTests {
    private static final String DEAF = "trap 'echo told' TERM; echo ready; while true; do sleep 0.05; done";

    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private PodBed bed;
    private String container;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        bed = PodBed.create();
        container = bed.start(bed.run("pod"), "main", DEAF);
        PodBed.await(() -> bed.logOf("pod", "main").contains("ready"), "the trap");
    }

    @AfterEach
    void close() {
        executor.shutdownNow();
        if (bed != null) {
            bed.close();
        }
    }

    private Future<Boolean> stopWithinTheHour() {
        Future<Boolean> stop = executor.submit(() -> {
            bed.pods().containers().stop(container, Duration.ofHours(1));
            return true;
        });
        PodBed.await(() -> bed.logOf("pod", "main").contains("told"), "the signal");
        return stop;
    }

    private ExecResult exec(String script) throws InterruptedException {
        return bed.pods().containers().execSync(container, List.of("sh", "-c", script), Duration.ZERO);
    }

    @Test
    void commandsRunUntilTheContainerIsKilled() throws Exception {
        Future<Boolean> stop = stopWithinTheHour();

        ExecResult result = exec("echo still; exit 4");
        assertThat(result.exitCode()).isEqualTo(4);
        assertThat(new String(result.stdout(), StandardCharsets.UTF_8)).isEqualTo("still\n");
        try (RunningExec terminal = bed.pods()
                .containers()
                .exec(container, new ExecRequest(List.of("sh", "-c", "exit 5"), true, true, true, false))) {
            assertThat(terminal.await()).isEqualTo(5);
        }

        bed.pods().containers().stop(container, Duration.ZERO);
        assertThat(stop.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void commandsEndWithTheContainerAndNoneBeginsAfterwards() throws Exception {
        Future<Boolean> stop = stopWithinTheHour();
        Future<ExecResult> sleeping = executor.submit(() -> exec("exec sleep 1234"));
        PodBed.await(() -> psShows("sleep 1234"), "the command");

        bed.pods().containers().stop(container, Duration.ZERO);

        assertThat(stop.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(sleeping.get(60, TimeUnit.SECONDS).exitCode()).isEqualTo(137);
        GantryException error = catchThrowableOfType(GantryException.class, () -> exec("true"));
        assertThat(error).isNotNull().hasMessageContaining("the container is not running, it is EXITED");
        assertThat(error.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    }

    private boolean psShows(String text) {
        try {
            return new String(exec("ps").stdout(), StandardCharsets.UTF_8).contains(text);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}

package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.testing.PodBed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon ends at each step of each verb, as by {@code kill -9}, and a new one finds what it left. */
class CrashTests {
    private static final String ID = "0123456789abcdef".repeat(4);

    private PodBed bed;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        bed = PodBed.create();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    private interface Verb {
        void run() throws InterruptedException;
    }

    /**
     * Begins a verb that never ends, and starts the daemon anew.
     *
     * @return false when the verb has no such step: then it has ended
     */
    private boolean crashAt(int step, boolean afterIt, Verb verb) throws InterruptedException {
        bed.crash().arm(step, afterIt);
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                verb.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        while (!bed.crash().awaitCrash(20)) {
            if (!thread.isAlive()) {
                assertThat(step).as("steps: %s", bed.crash().steps()).isGreaterThan(1);
                bed.crash().disarm();
                return false;
            }
        }
        Thread.sleep(150); // what runs beside the step ends, or comes to a step itself
        bed.restart();
        return true;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileASandboxIsMade(boolean afterIt) throws Exception {
        for (int step = 1; crashAt(step, afterIt, () -> bed.pods().sandboxes().remove(bed.run("pod"))); step++) {
            for (PodSandbox left : bed.pods().sandboxes().list(SandboxFilter.ALL)) {
                bed.pods().sandboxes().remove(left.id());
            }
            bed.awaitLeftovers(List.of());
            PodBed.await(() -> processes() == 0, "the processes to end");
            assertThat(bed.run("pod")).hasSize(64);
            bed.pods().sandboxes().remove(bed.run("pod"));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileAContainerIsMade(boolean afterIt) throws Exception {
        String sandbox = bed.run("pod");
        List<String> before = bed.leftovers();
        for (int step = 1; crashAt(step, afterIt, () -> bed.create(sandbox, "main", "exit 0")); step++) {
            assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
            bed.awaitLeftovers(before);
            PodBed.await(() -> processes() == 1, "only the pause process to be left");
            assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isTrue();
            String again = bed.start(sandbox, "main", "exit 4");
            assertThat(bed.awaitExit(again).status().exitCode()).isEqualTo(4);
            bed.pods().containers().remove(again);
        }
    }

    @Test
    void beforeAStart() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.create(sandbox, "main", "sleep 1000");

        boolean unused = crashAt(1, false, () -> bed.pods().containers().start(id));

        assertThat(phase(id)).isEqualTo(ContainerPhase.CREATED);
        bed.pods().containers().start(id);
        assertThat(phase(id)).isEqualTo(ContainerPhase.RUNNING);
    }

    @Test
    void afterAStart() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.create(sandbox, "main", "sleep 1000");

        boolean unused = crashAt(1, true, () -> bed.pods().containers().start(id));

        assertThat(phase(id)).isEqualTo(ContainerPhase.RUNNING);
        assertThat(bed.pods().containers().status(id).status().startedAt()).isNotNull();
    }

    /** The kubelet may ask again before the new daemon has settled what it found. */
    @Test
    void aSecondStartDoesNotHarmAContainerThatRuns() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.create(sandbox, "main", "sleep 1000");
        bed.crash().arm(1, true);
        Thread unused = Thread.ofVirtual().start(() -> {
            try {
                bed.pods().containers().start(id);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(bed.crash().awaitCrash(20_000)).isTrue();
        Thread.sleep(300);
        bed.restartWithoutReconciling();

        assertThatThrownBy(() -> bed.pods().containers().start(id)).hasMessageContaining("RUNNING");

        assertThat(phase(id)).isEqualTo(ContainerPhase.RUNNING);
        ProcessIdentity init = bed.pods().containers().status(id).status().init();
        assertThat(Objects.requireNonNull(init).exists()).isTrue();
    }

    @Test
    void aRunOfTheSameNameDoesNotWaitForTheReconciliation() throws Exception {
        bed.crash().arm(2, true);
        Thread unused = Thread.ofVirtual().start(() -> {
            try {
                bed.run("pod");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(bed.crash().awaitCrash(20_000)).isTrue();
        Thread.sleep(150);
        bed.restartWithoutReconciling();

        String sandbox = bed.run("pod");
        assertThat(bed.pods().reconcile()).isTrue();

        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL)).hasSize(1);
        assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileAPodIsRemoved(boolean afterIt) throws Exception {
        for (int step = 1; ; step++) {
            String sandbox = bed.run("pod");
            String unused = bed.start(sandbox, "main", "sleep 1000");
            if (!crashAt(step, afterIt, () -> bed.pods().sandboxes().remove(sandbox))) {
                return;
            }
            bed.pods().sandboxes().stop(sandbox);
            bed.pods().sandboxes().remove(sandbox);
            bed.awaitLeftovers(List.of());
            PodBed.await(() -> processes() == 0, "the processes to end");
        }
    }

    @Test
    void aRebootEndsEverything() throws Exception {
        String sandbox = bed.run("pod");
        String running = bed.start(sandbox, "running", "sleep 1000");
        String ended = bed.start(sandbox, "ended", "exit 7");
        Container unused = bed.awaitExit(ended);
        bed.rebooted("another-boot");

        bed.restart();

        assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isFalse();
        assertThat(bed.pods().containers().status(running).status().exitCode()).isEqualTo(255);
        assertThat(bed.pods().containers().status(running).status().reason()).isEqualTo("Unknown");
        assertThat(bed.pods().containers().status(running).status().message()).contains("rebooted");
        assertThat(bed.pods().containers().status(ended).status().exitCode()).isEqualTo(7);
        bed.pods().sandboxes().stop(sandbox);
        bed.pods().sandboxes().remove(sandbox);
        bed.awaitLeftovers(List.of());
    }

    @Test
    void aSandboxWhoseRecordCannotBeReadGoesWithItsContainers() throws Exception {
        String sandbox = bed.run("pod");
        String container = bed.start(sandbox, "main", "sleep 1000");
        String other = bed.run("other");
        Files.writeString(bed.root().resolve("sandboxes").resolve(sandbox + ".json"), "{");

        bed.restart();

        assertThat(bed.pods().sandboxes().list(SandboxFilter.ALL))
                .extracting(PodSandbox::id)
                .containsExactly(other);
        assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
        assertThat(bed.state().resolve("containers").resolve(container)).doesNotExist();
        bed.pods().sandboxes().remove(other);
        PodBed.await(() -> processes() == 0, "the processes to end");
        Path corrupt = bed.root().resolve("sandboxes/corrupt");
        assertThat(corrupt).isNotEmptyDirectory();
        Trees.delete(corrupt);
        bed.awaitLeftovers(List.of());
    }

    @Test
    void whatNoRecordKnowsIsRemoved() throws Exception {
        for (String directory : List.of("exits", "sockets")) {
            Files.writeString(bed.state().resolve(directory).resolve(ID), "0");
        }
        Files.createDirectories(bed.state().resolve("execs/exec-1"));
        Files.createDirectories(bed.state().resolve("containers").resolve(ID).resolve("rootfs"));
        Files.createDirectories(bed.state().resolve("sandboxes").resolve(ID).resolve("ns"));
        Files.createDirectories(bed.state().resolve("sandboxes/x"));

        bed.restart();

        bed.awaitLeftovers(List.of());
        assertThat(bed.state().resolve("execs")).isEmptyDirectory();
    }

    @Test
    void aPauseProcessThatEndsWhileNoDaemonRuns() throws Exception {
        String sandbox = bed.run("pod");
        bed.pods().close();
        PodBed.kill(bed.pods().sandboxes().status(sandbox).pause());

        bed.restart();

        assertThat(bed.pods().sandboxes().status(sandbox).isReady()).isFalse();
    }

    private int processes() {
        try {
            return bed.processes().size();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ContainerPhase phase(String id) {
        return bed.pods().containers().status(id).status().phase();
    }
}

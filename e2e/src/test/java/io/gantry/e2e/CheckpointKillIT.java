package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** The daemon is killed with SIGKILL in the middle of a checkpoint or of a restore. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Disabled(
        "known failure: passes by itself; in a full run on a busy machine what was cut off was not over within a minute")
class CheckpointKillIT {
    /** Memory and files that take a while to write, so that there is a middle. */
    private static final String LARGE = "x=$(dd if=/dev/urandom bs=1M count=24 2>/dev/null | base64); "
            + "dd if=/dev/urandom of=/large bs=1M count=96 2>/dev/null; ";

    private CheckpointBed bed;

    @BeforeAll
    void start() throws Exception {
        bed = CheckpointBed.start();
    }

    @AfterAll
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        bed.removeAll();
    }

    /** How far a checkpoint has come, told by the files of its work directory and those beside its archive. */
    enum Moment {
        BEGUN,
        DUMPING,
        DUMPED,
        PACKING;

        boolean isReached(Path work) {
            return switch (this) {
                case BEGUN -> true;
                case DUMPING -> Files.exists(work.resolve("checkpoint/pages-1.img"));
                case DUMPED -> Files.exists(work.resolve("rootfs-diff.tar"));
                case PACKING -> archiveHasBegun(work.resolve(".target"));
            };
        }

        private static boolean archiveHasBegun(Path target) {
            try {
                return Files.size(Path.of(Files.readString(target))) > 0;
            } catch (IOException e) {
                return false;
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCheckpointThatWasCutOffLeavesARunningContainerAndNoArchive(Moment moment) throws Exception {
        String name = "dump-" + moment.ordinal();
        String pod = bed.pod(name);
        String container = bed.count(pod, name, bed.counter("main", LARGE));
        Path directory = bed.directory(name);

        Process call =
                background("CheckpointContainer", CheckpointBed.checkpointRequest(container, directory + "/main.tar"));
        killAt(call, moment, container);
        bed.run.runtime().start();

        bed.assertNoneUnderWay();
        assertThat(CheckpointBed.entries(directory)).isEmpty();
        bed.assertCounts(container);
        assertThat(bed.in(container, "stat -c %s /large")).isEqualTo("100663296");
        bed.checkpoint(container, directory.resolve("main.tar"));
        assertThat(CheckpointBed.entries(directory)).containsExactly("main.tar");
        bed.assertCounts(container);
        bed.crictl.run("stop", "--timeout", "0", container);
        assertThat(bed.crictl.inspect(container).get("exitCode").intValue()).isEqualTo(137);
    }

    @Test
    void aPodsCheckpointThatWasCutOffLeavesAllContainersRunning() throws Exception {
        String pod = bed.pod("whole");
        String one = bed.count(pod, "whole", bed.counter("one", LARGE));
        String two = bed.count(pod, "whole", bed.counter("two", LARGE));
        Path directory = bed.directory("whole");

        Process call = background("CheckpointPod", CheckpointBed.podRequest(pod, directory, List.of(one, two)));
        killAt(call, Moment.DUMPING, one);
        bed.run.runtime().start();

        bed.assertNoneUnderWay();
        assertThat(CheckpointBed.entries(directory)).isEmpty();
        bed.assertCounts(one);
        bed.assertCounts(two);
        bed.cri.run("CheckpointPod", CheckpointBed.podRequest(pod, directory, List.of(one, two)));
        assertThat(CheckpointBed.entries(directory)).contains("one.tar", "two.tar", "pod.options");
    }

    /** Dump, criu and the OCI runtime go on while no daemon runs, and may come to their end. */
    @Test
    void aDumpThatEndsWithoutADaemonLeavesNoFrozenContainer() throws Exception {
        String pod = bed.pod("late");
        String container = bed.count(pod, "late", bed.counter("main", LARGE));
        Path directory = bed.directory("late");

        Process call =
                background("CheckpointContainer", CheckpointBed.checkpointRequest(container, directory + "/main.tar"));
        killAt(call, Moment.DUMPING, container);
        Path work = bed.root().resolve("checkpoints").resolve(container);
        CheckpointBed.await("the dump to end", () -> Files.exists(work.resolve("stats-dump")));
        bed.run.runtime().start();

        bed.assertNoneUnderWay();
        assertThat(CheckpointBed.entries(directory)).isEmpty();
        bed.assertCounts(container);
    }

    private void killAt(Process call, Moment moment, String container) throws Exception {
        Path work = bed.root().resolve("checkpoints").resolve(container);
        while (!Files.isDirectory(work) || !moment.isReached(work)) {
            assertThat(call.isAlive()).as("the call before %s", moment).isTrue();
            Thread.sleep(1);
        }
        bed.run.runtime().kill();
        assertThat(call.waitFor()).isNotZero();
    }

    /** @param milliseconds after criu has begun */
    @ParameterizedTest
    @ValueSource(ints = {0, 15, 40, 90})
    void aRestoreThatWasCutOffIsFinishedOrCanBeDoneAgain(int milliseconds) throws Exception {
        String name = "restore-" + milliseconds;
        String pod = bed.pod(name);
        String container = bed.count(pod, name, bed.counter("main", LARGE));
        Path archive = bed.directory(name).resolve("main.tar");
        bed.checkpoint(container, archive);
        bed.crictl.removePod(pod);
        String second = bed.pod(name + "-again");
        String restored = bed.create(second, name + "-again", bed.restoring("main", archive));

        Process call = bed.run.runtime().crictl("start", restored).background(output());
        Path log = bed.state().resolve("containers").resolve(restored).resolve("restore.log");
        while (!Files.exists(log)) {
            assertThat(call.isAlive())
                    .as("the start before criu's log is there")
                    .isTrue();
            Thread.sleep(1);
        }
        Thread.sleep(milliseconds);
        bed.run.runtime().kill();
        call.waitFor();
        bed.run.runtime().start();

        CheckpointBed.await("the container to run", () -> isRunning(restored));
        bed.awaitCount(restored, 4);
        bed.assertCounts(restored);
        assertThat(bed.counts(restored).getFirst()).isGreaterThan(3);
        bed.assertNoneUnderWay();
        assertThat(monitors(restored)).hasSize(1);
        assertThat(bed.in(restored, "stat -c %s /large")).isEqualTo("100663296");
        bed.crictl.run("stop", "--timeout", "0", restored);
        assertThat(bed.crictl.inspect(restored).get("exitCode").intValue()).isEqualTo(137);
    }

    /** What was not restored waits to be started again; it may be told so only once that is settled. */
    private boolean isRunning(String container) throws Exception {
        String state = bed.state(container);
        assertThat(state).isIn("CONTAINER_CREATED", "CONTAINER_RUNNING");
        return state.equals("CONTAINER_RUNNING")
                || bed.crictl.attempt("start", container).status() == 0;
    }

    @Test
    void aCreationFromAnArchiveThatWasCutOffLeavesNothing() throws Exception {
        String pod = bed.pod("creation");
        String container = bed.count(pod, "creation", bed.counter("main", LARGE));
        Path archive = bed.directory("creation").resolve("main.tar");
        bed.checkpoint(container, archive);
        ObjectNode config = bed.restoring("again", archive);

        Process call = bed.run
                .runtime()
                .crictl("create", pod, bed.crictl.file(config), bed.crictl.file(bed.crictl.pod("creation")))
                .background(output());
        while (CheckpointBed.entries(bed.root().resolve("restores")).isEmpty()) {
            assertThat(call.isAlive()).as("the creation before it unpacks").isTrue();
            Thread.sleep(1);
        }
        bed.run.runtime().kill();
        call.waitFor();
        bed.run.runtime().start();

        bed.assertNoneUnderWay();
        CheckpointBed.await(
                "one container to be left",
                () -> bed.crictl.ids("ps", "-a", "-q", "--no-trunc").equals(List.of(container)));
        String again = bed.create(pod, "creation", config);
        bed.crictl.run("start", again);
        bed.assertCounts(again);
    }

    private Process background(String method, ObjectNode request) throws IOException {
        return bed.cri.command(method, request).background(output());
    }

    private Path output() throws IOException {
        return Files.createTempFile(bed.run.runtime().node().files(), "call", ".out");
    }

    private static List<String> monitors(String container) throws Exception {
        try (Stream<String> lines = Command.of("ps", "-eo", "pid,args").run().lines()) {
            return lines.filter(line -> line.contains("conmon") && line.contains(container))
                    .toList();
        }
    }
}

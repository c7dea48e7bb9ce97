package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that cannot be, with an OCI runtime that is scripted. */
class CheckpointContainerTests {
    private static final String ID = "c".repeat(64);

    @TempDir
    private Path directory;

    private ContainerFixture fixture;
    private Containers containers;

    @BeforeEach
    void open() throws IOException {
        fixture = new ContainerFixture();
        containers = new Containers(fixture.parts, fixture.executor);
        for (Path path : new Path[] {
            fixture.parts.state().paths().checkpoints(),
            fixture.parts.state().paths().bundle(ID)
        }) {
            Files.createDirectories(path);
        }
        Files.writeString(
                fixture.parts.state().paths().bundle(ID).resolve("config.json"), "{\"mounts\":[],\"process\":{}}");
        fixture.runtime.on(Reply.ok("Looks good.\n"), "criu", "check");
        fixture.onRuntime(Reply.ok(""), "pause");
        fixture.onRuntime(Reply.ok(""), "resume");
    }

    @AfterEach
    void close() {
        containers.close();
        fixture.close();
    }

    @Test
    void anUnknownContainerIsNotFound() {
        fails(ErrorKind.NOT_FOUND, "there is no container of that id", Duration.ZERO);
    }

    @Test
    void aContainerThatDoesNotRunIsRefused() {
        RunningProcess init = fixture.process("sleep 1000");
        var unused = fixture.created(ID, init, init);
        fails(ErrorKind.FAILED_PRECONDITION, "is CREATED, not RUNNING", Duration.ZERO);
    }

    @Test
    void aHostWithoutCriuIsToldBeforeTheContainerIsDisturbed() {
        running();
        fixture.runtime.on(Reply.failure(1, "Error (criu/a.c:1): no such kernel feature\n"), "criu", "check");
        fixture.runtime.on(Reply.ok("Version: 4.1\n"), "criu", "--version");

        fails(ErrorKind.FAILED_PRECONDITION, "no such kernel feature", Duration.ZERO);
        assertThat(verbs("pause")).isZero();
    }

    @Test
    void aDumpThatFailsLetsTheContainerGoOn() {
        running();
        fixture.onRuntime(Reply.failure(1, "criu failed: type DUMP errno 0"), "checkpoint");

        fails(ErrorKind.INTERNAL, "criu failed", Duration.ZERO);
        assertThat(verbs("pause")).isOne();
        assertThat(verbs("resume")).isOne();
    }

    @Test
    void aFullDiskIsSaid() {
        running();
        fixture.onRuntime(Reply.failure(1, "write /x: no space left on device"), "checkpoint");

        fails(ErrorKind.RESOURCE_EXHAUSTED, "no space left on device", Duration.ZERO);
    }

    @Test
    void aDeadlineEndsTheDump() {
        running();
        fixture.onRuntime(Reply.hang(), "checkpoint");

        fails(ErrorKind.DEADLINE_EXCEEDED, "not written in time", Duration.ofSeconds(1));
        assertThat(verbs("resume")).isOne();
    }

    @Test
    void aContainerThatCannotBeThawedIsSaidAndFoundByTheNextStart() throws Exception {
        running();
        fixture.onRuntime(Reply.failure(1, "criu failed: type DUMP errno 0"), "checkpoint");
        fixture.onRuntime(Reply.failure(1, "cannot write freezer.state"), "resume");
        Path archive = directory.resolve("a.tar");

        try (FrozenCgroup _ = FrozenCgroup.make(ownCgroup())) {
            assertThatThrownBy(() -> containers.checkpoint(ID, archive.toString(), Duration.ZERO))
                    .hasMessageContaining("criu failed")
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .singleElement()
                            .satisfies(thaw -> assertThat(thaw)
                                    .hasMessageContaining("it stays frozen: cannot write freezer.state")
                                    .hasMessageContaining("resume " + ID)));

            assertThat(verbs("resume")).isGreaterThan(1);
            assertThat(directory).isEmptyDirectory();
            Path mark = fixture.parts.state().paths().checkpoints().resolve(ID);
            assertThat(mark).isEmptyDirectory();
            assertThatThrownBy(() -> containers.abandonCheckpoint(ID)).hasMessageContaining("it stays frozen");
            assertThat(mark).exists();
        }
        containers.abandonCheckpoint(ID);
        assertThat(fixture.parts.state().paths().checkpoints()).isEmptyDirectory();
    }

    @Test
    void aThawThatFailsOnceIsTriedAgain() throws Exception {
        running();
        fixture.onRuntime(Reply.failure(1, "criu failed: type DUMP errno 0"), "checkpoint");
        try (FrozenCgroup cgroup = FrozenCgroup.make(ownCgroup())) {
            AtomicInteger tries = new AtomicInteger();
            fixture.runtime.on(
                    command -> {
                        if (tries.incrementAndGet() == 1) {
                            return Reply.failure(1, "try again");
                        }
                        cgroup.thaw();
                        return Reply.ok("");
                    },
                    fixture.runtimeCommand("resume"));

            fails(ErrorKind.INTERNAL, "criu failed", Duration.ZERO);
            assertThat(tries).hasValue(2);
        }
    }

    @Test
    void aPlaceThatCannotBeWrittenIsToldFirst() {
        running();

        assertThatThrownBy(() -> containers.checkpoint(ID, "/proc/sys/a.tar", Duration.ZERO))
                .isInstanceOf(GantryException.class);
        assertThat(verbs("pause")).isZero();
        assertThat(fixture.parts.state().paths().checkpoints()).isEmptyDirectory();
    }

    /** Gives the container a cgroup that no other test, here or in another run, uses. */
    private String ownCgroup() {
        String path = "/gantry-test-" + ProcessHandle.current().pid() + "-" + System.nanoTime() + "/frozen";
        var unused = fixture.parts.state().containers().update(ID, container -> container.withCgroup(path));
        return path;
    }

    private void running() {
        RunningProcess init = fixture.process("sleep 1000");
        var unused = fixture.running(ID, init, init);
    }

    private long verbs(String verb) {
        return fixture.runtime.commands().stream()
                .filter(command -> command.argv().contains(verb))
                .count();
    }

    private void fails(ErrorKind kind, String problem, Duration timeout) {
        assertThatThrownBy(() ->
                        containers.checkpoint(ID, directory.resolve("a.tar").toString(), timeout))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContaining(problem);
        assertThat(directory).isEmptyDirectory();
        assertThat(fixture.parts.state().paths().checkpoints()).isEmptyDirectory();
    }
}

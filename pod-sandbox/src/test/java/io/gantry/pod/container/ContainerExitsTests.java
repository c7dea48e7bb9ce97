package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.RunningProcess;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.testing.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ContainerExitsTests {
    private final List<String> cleaned = new CopyOnWriteArrayList<>();
    private ContainerFixture fixture;
    private ContainerExits exits;
    private RunningProcess init;
    private RunningProcess monitor;
    private boolean oom;

    @BeforeEach
    void open() throws IOException {
        fixture = new ContainerFixture();
        init = fixture.process("sleep 1000");
        monitor = fixture.process("sleep 1000");
        exits = new ContainerExits(
                fixture.parts,
                fixture.executor,
                (container, code) -> oom,
                new KeyedLocks<>(),
                container -> cleaned.add(container.id()));
    }

    @AfterEach
    void close() {
        exits.close();
        fixture.close();
    }

    private void awaitExit() {
        ContainerFixture.await(() -> fixture.status("c").status().isExited(), "the container to end");
    }

    @Test
    void theExitFileTells() throws Exception {
        exits.start();
        Container running = fixture.running("c", init, monitor);
        exits.track(running);
        var future = exits.exited(running);

        fixture.writeExit("c", 3);

        Container ended = future.get(30, TimeUnit.SECONDS);
        assertThat(ended.status().exitCode()).isEqualTo(3);
        assertThat(ended.status().reason()).isEqualTo("Error");
        assertThat(ended.status().startedAt()).isEqualTo(Samples.TIME);
        assertThat(fixture.status("c")).isEqualTo(ended);
        assertThat(fixture.events).containsExactly("STOPPED c");
        ContainerFixture.await(() -> cleaned.equals(List.of("c")), "the clean-up to begin");
        assertThat(exits.exited(ended)).isCompleted();
    }

    @Test
    void reasons() {
        assertThat(reason(0, false)).isEqualTo("Completed");
        assertThat(reason(1, false)).isEqualTo("Error");
        assertThat(reason(137, true)).isEqualTo("OOMKilled");
    }

    private String reason(int code, boolean wasOom) {
        oom = wasOom;
        Container running = fixture.running("c" + code, init, monitor);
        fixture.writeExit("c" + code, code);
        assertThat(exits.check(running.id())).isTrue();
        return fixture.status(running.id()).status().reason();
    }

    /** The file may be there before the record says that the container was created. */
    @Test
    void anEndBeforeTheCreationIsNotedIsNotLost() {
        exits.start();
        fixture.parts.state().containers().put("c", Samples.container("c", "sandbox"));
        fixture.writeExit("c", 4);
        ContainerFixture.await(() -> !exits.check("c"), "the file to be ignored");

        Container created = fixture.created("c", init, monitor);
        monitor.killGroup();
        exits.track(created);

        awaitExit();
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(4);
        assertThat(fixture.status("c").status().startedAt()).isNull();
    }

    @Test
    void theEndOfConmonSaysWhenToLook() {
        exits.track(fixture.running("c", init, monitor)); // and nobody watches the directory
        fixture.writeExit("c", 5);

        monitor.killGroup();

        awaitExit();
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(5);
    }

    @Test
    void noCodeIsInventedWhileTheContainerLives() throws Exception {
        exits.start();
        exits.track(fixture.running("c", init, monitor));

        monitor.killGroup();
        monitor.exited().get();
        Thread.sleep(100);

        assertThat(fixture.status("c").status().phase()).isEqualTo(ContainerPhase.RUNNING);
        init.signal(Signals.SIGKILL);
        awaitExit();
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(255);
        assertThat(fixture.status("c").status().reason()).isEqualTo(ContainerExits.MONITOR_LOST);
        assertThat(fixture.events).containsExactly("STOPPED c");
    }

    @Test
    void bothProcessesMayBeGoneBeforeTheyAreTracked() {
        Container running = fixture.running("c", init, monitor);
        init.killGroup();
        monitor.killGroup();

        exits.track(running);

        awaitExit();
        assertThat(fixture.status("c").status().reason()).isEqualTo(ContainerExits.MONITOR_LOST);
    }

    @Test
    void anEndIsToldOnce() {
        exits.start();
        exits.track(fixture.running("c", init, monitor));
        fixture.writeExit("c", 0);
        awaitExit();
        fixture.writeExit("c", 9);
        monitor.killGroup();
        init.killGroup();

        ContainerFixture.await(() -> cleaned.size() == 1, "the clean-up to begin");
        assertThat(exits.check("c")).isFalse();
        assertThat(fixture.status("c").status().exitCode()).isZero();
        assertThat(fixture.events).containsExactly("STOPPED c");
    }

    /** The records' directory is out of reach, as on a disk that is full: the exit file is there for the next start. */
    @Test
    void anEndThatCannotBeNotedIsToldAllTheSame() throws Exception {
        exits.start();
        exits.track(fixture.running("c", init, monitor));
        Path records = fixture.parts.state().paths().containerRecords();
        Path aside = records.resolveSibling("aside");
        Files.move(records, aside);

        fixture.writeExit("c", 6);
        awaitExit();

        assertThat(fixture.status("c").status().exitCode()).isEqualTo(6);
        assertThat(fixture.parts.exits().read("c")).isPresent();
        Files.move(aside, records);
    }

    @Test
    void recoveryTakesWhatIsThere() {
        Container over = fixture.running("over", init, monitor);
        exits.recover(over, Optional.of(new ExitFiles.Exit(7, Samples.TIME)));
        assertThat(fixture.status("over").status().finishedAt()).isEqualTo(Samples.TIME);

        exits.recover(fixture.running("c", init, monitor), Optional.empty());
        fixture.writeExit("c", 8);
        monitor.killGroup();
        awaitExit();
        assertThat(fixture.status("c").status().exitCode()).isEqualTo(8);
    }

    @Test
    void namesThatAreNoContainersAreIgnored() throws Exception {
        exits.start();
        Files.createDirectory(fixture.parts.exits().directory().resolve("directory"));
        fixture.writeExit("unknown", 1);
        exits.track(fixture.running("c", init, monitor));
        fixture.writeExit("c", 2);
        awaitExit();
        assertThat(exits.check("unknown")).isFalse();
    }

    @Test
    void waitingForWhatIsGoneEndsAtOnce() {
        assertThat(exits.exited(Samples.container("unknown", "sandbox"))).isCompleted();
    }
}

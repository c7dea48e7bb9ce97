package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import io.gantry.pod.config.LinuxResources;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class UpdateContainerResourcesTests {
    private ContainerFixture fixture;
    private Containers containers;

    @BeforeEach
    void open() throws IOException {
        fixture = new ContainerFixture();
        containers = new Containers(fixture.parts, fixture.executor);
        RunningProcess init = fixture.process("sleep 1000");
        var unused = fixture.running("c", init, init);
    }

    @AfterEach
    void close() {
        containers.close();
        fixture.close();
    }

    @Test
    void changesAtTheSameTimeAreAllKept() throws Exception {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread second = Thread.ofPlatform().unstarted(() -> {
            try {
                containers.updateResources("c", limits(0, 512));
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        AtomicInteger updates = new AtomicInteger();
        fixture.runtime.on(
                command -> {
                    if (updates.incrementAndGet() == 1) {
                        second.start();
                        ContainerFixture.await(
                                () -> second.getState() == Thread.State.WAITING
                                        || second.getState() == Thread.State.TERMINATED,
                                "the second change to be made or to wait");
                    }
                    return Reply.ok("");
                },
                fixture.runtimeCommand("update"));

        containers.updateResources("c", limits(64L << 20, 0));
        second.join();

        assertThat(failure).hasNullValue();
        LinuxResources kept = fixture.status("c").resources();
        assertThat(kept.memoryLimit()).isEqualTo(64L << 20);
        assertThat(kept.cpuShares()).isEqualTo(512);
        assertThat(updates).hasValue(2);
    }

    @Test
    void aRefusedChangeIsNotKept() {
        fixture.onRuntime(Reply.failure(1, "cannot set memory"), "update");

        assertThatThrownBy(() -> containers.updateResources("c", limits(64L << 20, 0)))
                .hasMessageContaining("cannot set memory");
        assertThat(fixture.status("c").resources()).isEqualTo(LinuxResources.NONE);
        assertThatThrownBy(() -> containers.updateResources("d", limits(64L << 20, 0)))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
    }

    private static LinuxResources limits(long memory, long cpuShares) {
        return new LinuxResources(0, 0, cpuShares, memory, 0, "", "", List.of(), Map.of(), 0);
    }
}

package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class CollectionGateTest {
    private final CollectionGate gate = new CollectionGate();

    @Test
    void letsManyIn() throws InterruptedException {
        try (CollectionGate.Pass _ = gate.enter();
                CollectionGate.Pass _ = gate.enter()) {
            assertThat(gate.enterAlone(Duration.ofMillis(1))).isEmpty();
        }
        Optional<CollectionGate.Pass> alone = gate.enterAlone(Duration.ofMillis(1));
        assertThat(alone).isPresent();
        alone.orElseThrow().close();
    }

    @Test
    void doesNotHoldNewcomersBackWhileItWaits() throws Exception {
        CollectionGate.Pass first = gate.enter();
        FutureTask<Optional<CollectionGate.Pass>> collector =
                new FutureTask<>(() -> gate.enterAlone(Duration.ofMinutes(1)));
        Thread.ofVirtual().start(collector);
        CollectionGate.Pass second = gate.enter();
        first.close();
        assertThat(collector.isDone()).isFalse();
        second.close();

        assertThat(collector.get()).isPresent();
    }

    @Test
    void keepsNewcomersOutWhileCollecting() throws Exception {
        CollectionGate.Pass alone = gate.enterAlone(Duration.ZERO).orElseThrow();
        CountDownLatch entered = new CountDownLatch(1);
        AtomicBoolean collecting = new AtomicBoolean(true);
        AtomicBoolean met = new AtomicBoolean();
        Thread newcomer = Thread.ofVirtual().start(() -> {
            try (CollectionGate.Pass _ = gate.enter()) {
                met.set(collecting.get());
                entered.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        while (newcomer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        collecting.set(false);
        alone.close();
        entered.await();

        assertThat(met).isFalse();
    }
}

package io.gantry.platform.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KeyedLocksTests {
    private final KeyedLocks<String> locks = new KeyedLocks<>();
    private int counter;

    @Test
    void oneHolderPerKey() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 2000; i++) {
                var unused = threads.submit(() -> {
                    try (KeyedLocks<String>.Held ignored = locks.lock("key")) {
                        int before = counter;
                        Thread.yield();
                        counter = before + 1;
                    }
                    return null;
                });
            }
        }
        assertThat(counter).isEqualTo(2000);
        assertThat(locks.size()).isZero();
    }

    @Test
    void otherKeysAreFreeAndHoldersMayReenter() throws Exception {
        try (KeyedLocks<String>.Held ignored = locks.lock("a");
                KeyedLocks<String>.Held again = locks.lock("a");
                KeyedLocks<String>.Held other = locks.lock("b")) {
            assertThat(locks.size()).isEqualTo(2);
            again.close();
            other.close();
            assertThat(locks.size()).isEqualTo(1);
        }
        assertThat(locks.size()).isZero();
    }

    @Test
    void aWaiterCanBeInterruptedAndIsForgotten() throws Exception {
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        CountDownLatch waiting = new CountDownLatch(1);
        try (KeyedLocks<String>.Held ignored = locks.lock("a")) {
            Thread waiter = Thread.ofVirtual().start(() -> {
                waiting.countDown();
                try (KeyedLocks<String>.Held never = locks.lock("a")) {
                    outcome.set(new AssertionError("the lock was taken twice"));
                } catch (InterruptedException e) {
                    outcome.set(e);
                }
            });
            waiting.await();
            waiter.interrupt();
            waiter.join();
        }
        assertThat(outcome.get()).isInstanceOf(InterruptedException.class);
        assertThat(locks.size()).isZero();
    }

    @Test
    void onlyTheHolderMayRelease() throws Exception {
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        try (KeyedLocks<String>.Held held = locks.lock("a")) {
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            held.close();
                        } catch (IllegalMonitorStateException e) {
                            outcome.set(e);
                        }
                    })
                    .join();
            assertThat(outcome.get()).isInstanceOf(IllegalMonitorStateException.class);
            assertThat(locks.size()).isEqualTo(1);
        }
        assertThatThrownBy(() -> {
                    Thread.currentThread().interrupt();
                    locks.lock("a").close();
                })
                .isInstanceOf(InterruptedException.class);
        assertThat(locks.size()).isZero();
    }
}

package io.gantry.platform.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OwnThreadTests {
    @Test
    void theWorkHoldsNoCarrier() throws Exception {
        AtomicReference<@Nullable String> seen = new AtomicReference<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                seen.set(OwnThread.call(
                        "work",
                        () -> Thread.currentThread().isVirtual() + " "
                                + Thread.currentThread().getName()));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        caller.join();

        assertThat(seen.get()).isEqualTo("false work");
    }

    @Test
    void whatItThrowsIsThrown() {
        assertThatThrownBy(() -> OwnThread.run("work", () -> {
                    throw GantryException.of(ErrorKind.NOT_FOUND, "look", "nothing there");
                }))
                .hasMessage("look: nothing there");
        assertThatThrownBy(() -> OwnThread.run("work", () -> {
                    throw new InterruptedException("enough");
                }))
                .isInstanceOf(InterruptedException.class);
    }

    @Test
    void anInterruptEndsTheWorkBeforeTheCallReturns() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CountDownLatch cut = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicBoolean endedFirst = new AtomicBoolean();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                OwnThread.run("work", () -> {
                    begun.countDown();
                    try {
                        Thread.sleep(60_000);
                    } catch (InterruptedException e) {
                        cut.countDown();
                        mayEnd.await();
                        ended.set(true);
                    }
                });
            } catch (InterruptedException e) {
                endedFirst.set(ended.get());
            }
        });
        begun.await();
        caller.interrupt();
        cut.await();
        caller.interrupt(); // an impatient one does not leave the work behind
        mayEnd.countDown();
        caller.join();

        assertThat(endedFirst).isTrue();
    }

    @Test
    void workThatMustEndIsNotCutShort() throws Exception {
        AtomicBoolean cut = new AtomicBoolean();
        AtomicBoolean ended = new AtomicBoolean();
        AtomicBoolean endedFirst = new AtomicBoolean();
        AtomicBoolean kept = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        Thread caller = Thread.ofVirtual().start(() -> {
            Thread.currentThread().interrupt();
            OwnThread.runToEnd("work", () -> {
                begun.countDown();
                try {
                    mayEnd.await();
                    ended.set(true);
                } catch (InterruptedException e) {
                    cut.set(true);
                }
            });
            endedFirst.set(ended.get());
            kept.set(Thread.currentThread().isInterrupted());
        });
        begun.await();
        caller.interrupt();
        mayEnd.countDown();
        caller.join();

        assertThat(cut).isFalse();
        assertThat(endedFirst).isTrue();
        assertThat(kept).isTrue();
        assertThatThrownBy(() -> OwnThread.runToEnd("work", () -> {
                    throw GantryException.of(ErrorKind.NOT_FOUND, "look", "nothing there");
                }))
                .hasMessage("look: nothing there");
    }
}

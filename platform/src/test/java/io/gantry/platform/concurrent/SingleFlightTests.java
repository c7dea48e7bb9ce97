package io.gantry.platform.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SingleFlightTests {
    private record Caller(Thread thread, CompletableFuture<String> outcome) {
        Throwable failure() throws Exception {
            try {
                throw new AssertionError("result instead of a failure: " + outcome.get(20, TimeUnit.SECONDS));
            } catch (ExecutionException e) {
                return Objects.requireNonNull(e.getCause());
            }
        }
    }

    private final SingleFlight<String, String> flights = new SingleFlight<>();
    private final AtomicInteger runs = new AtomicInteger();

    private Caller call(Callable<String> work) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                outcome.complete(flights.join("key", "do the work", work));
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        });
        return new Caller(thread, outcome);
    }

    private static void awaitBlocked(Caller caller) throws InterruptedException {
        while (caller.thread.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
    }

    @Test
    void theSameWorkRunsOnceForAll() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        List<Caller> callers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            callers.add(call(() -> {
                runs.incrementAndGet();
                go.await();
                return "result";
            }));
        }
        for (Caller caller : callers) {
            awaitBlocked(caller);
        }
        go.countDown();
        for (Caller caller : callers) {
            assertThat(caller.outcome.get(20, TimeUnit.SECONDS)).isEqualTo("result");
        }
        assertThat(runs).hasValue(1);
        assertThat(flights.size()).isZero();
        assertThat(flights.join("key", "again", () -> "second")).isEqualTo("second");
    }

    @Test
    void theSameFailureGoesToAll() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        GantryException failure = GantryException.of(ErrorKind.UNAVAILABLE, "pull", "down");
        Callable<String> work = () -> {
            go.await();
            throw failure;
        };
        Caller first = call(work);
        awaitBlocked(first);
        Caller second = call(work);
        awaitBlocked(second);
        go.countDown();
        assertThat(first.failure()).isSameAs(failure);
        assertThat(second.failure()).isSameAs(failure);
    }

    @Test
    void aCheckedFailureBecomesAnInternalError() throws Exception {
        Caller caller = call(() -> {
            throw new IOException("broken");
        });
        assertThat(caller.failure())
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INTERNAL))
                .hasMessageStartingWith("do the work: ");
    }

    @Test
    void theFirstCallerMayLeaveWhileAnotherWaits() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Callable<String> work = () -> {
            go.await();
            return "result";
        };
        Caller first = call(work);
        awaitBlocked(first);
        Caller second = call(work);
        awaitBlocked(second);
        first.thread.interrupt();
        assertThat(first.failure()).isInstanceOf(InterruptedException.class);
        go.countDown();
        assertThat(second.outcome.get(20, TimeUnit.SECONDS)).isEqualTo("result");
    }

    @Test
    void theLastToLeaveWaitsUntilTheWorkHasWoundUpAndALateComerStartsAfresh() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch windDown = new CountDownLatch(1);
        AtomicBoolean woundUp = new AtomicBoolean();
        Caller last = call(() -> {
            started.countDown();
            try {
                Thread.sleep(100_000);
                return "never";
            } catch (InterruptedException e) {
                windDown.await();
                woundUp.set(true);
                throw e;
            }
        });
        started.await();
        last.thread.interrupt();
        while (flights.size() != 1 || last.thread.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        Caller late = call(() -> woundUp.get() ? "fresh" : "too early");
        awaitBlocked(late);
        assertThat(last.outcome).isNotDone();
        windDown.countDown();

        assertThat(last.failure()).isInstanceOf(InterruptedException.class);
        assertThat(late.outcome.get(20, TimeUnit.SECONDS)).isEqualTo("fresh");
        assertThat(flights.size()).isZero();
    }
}

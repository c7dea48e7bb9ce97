package io.gantry.platform.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TaskScopeTests {
    private final GantryException broken = GantryException.of(ErrorKind.UNAVAILABLE, "attach", "broken");

    @Test
    void givesResults() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        try (TaskScope scope = new TaskScope("test")) {
            TaskScope.Task<String> first = scope.fork("first", () -> meet(both, "a"));
            TaskScope.Task<Integer> second = scope.fork("second", () -> meet(both, 1));
            assertThat(first.await()).isEqualTo("a");
            scope.join();
            assertThat(first.get()).isEqualTo("a");
            assertThat(second.get()).isEqualTo(1);
            assertThat(scope.fork("third", () -> "later").await()).isEqualTo("later");
        }
    }

    private static <T> T meet(CountDownLatch latch, T value) throws InterruptedException {
        latch.countDown();
        latch.await();
        return value;
    }

    @Test
    void theFirstFailureInterruptsTheRestAndIsThrownOnceTheyHaveEnded() throws Exception {
        AtomicBoolean cleaned = new AtomicBoolean();
        CountDownLatch sleeping = new CountDownLatch(1);
        try (TaskScope scope = new TaskScope("run pod")) {
            TaskScope.Task<String> slow = scope.fork("slow", () -> {
                try {
                    sleeping.countDown();
                    Thread.sleep(100_000);
                    return "never";
                } catch (InterruptedException e) {
                    cleaned.set(true);
                    throw new IOException("while cleaning", e);
                }
            });
            scope.fork("failing", () -> {
                sleeping.await();
                throw broken;
            });
            assertThatThrownBy(scope::join)
                    .isSameAs(broken)
                    .satisfies(
                            e -> assertThat(e.getSuppressed()).singleElement().isInstanceOf(IOException.class));
            assertThat(cleaned).isTrue();
            assertThatThrownBy(slow::await).isSameAs(broken);
            assertThatThrownBy(slow::get).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(scope.fork("after", () -> "not started")::await).isSameAs(broken);
        }
    }

    @Test
    void checkedFailuresAreNamedAfterTheScope() {
        assertThatThrownBy(() -> {
                    try (TaskScope scope = new TaskScope("run pod default/web")) {
                        scope.fork("step", () -> {
                            throw new IOException("disk");
                        });
                        scope.join();
                    }
                })
                .isInstanceOf(GantryException.class)
                .hasMessageStartingWith("run pod default/web: ")
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void anInterruptOfTheOwnerReachesTheStepsAndCloseWaitsForThem() throws Exception {
        CountDownLatch sleeping = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread owner = Thread.ofVirtual().start(() -> {
            try (TaskScope scope = new TaskScope("test")) {
                scope.fork("slow", () -> {
                    try {
                        sleeping.countDown();
                        Thread.sleep(100_000);
                        return "never";
                    } finally {
                        ended.set(true);
                    }
                });
                scope.join();
            } catch (Throwable e) {
                outcome.complete(ended.get() ? e : new AssertionError("close did not wait", e));
            }
        });
        sleeping.await();
        owner.interrupt();
        assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    }

    @Test
    void closeAloneStopsStragglers() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        CountDownLatch sleeping = new CountDownLatch(1);
        TaskScope scope = new TaskScope("test");
        try (scope) {
            scope.fork("straggler", () -> {
                try {
                    sleeping.countDown();
                    Thread.sleep(100_000);
                    return "never";
                } finally {
                    ended.set(true);
                }
            });
            sleeping.await();
        }
        assertThat(ended).isTrue();
        assertThatThrownBy(() -> scope.fork("late", () -> "x")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void stepsMayForkSteps() throws Exception {
        AtomicBoolean inner = new AtomicBoolean();
        try (TaskScope scope = new TaskScope("test")) {
            scope.fork(
                    "outer",
                    () -> scope.fork("inner", () -> {
                        Thread.sleep(20);
                        inner.set(true);
                        return "x";
                    }));
            scope.join();
            assertThat(inner).isTrue();
        }
    }
}

package io.gantry.image.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TransferBudgetTests {
    private final List<Thread> threads = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join();
        }
    }

    /** Enters on a thread of its own, and returns when it is in or waits. */
    private Future<TransferMemory> enter(TransferBudget budget, Object pull, long bytes) throws Exception {
        FutureTask<TransferMemory> task = new FutureTask<>(() -> budget.enter(pull, bytes));
        awaitParked(task);
        return task;
    }

    private Thread awaitParked(FutureTask<?> task) throws InterruptedException {
        Thread thread = Thread.ofVirtual().start(task);
        threads.add(thread);
        while (!task.isDone() && thread.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        return thread;
    }

    private static TransferMemory in(Future<TransferMemory> entered) throws Exception {
        return entered.get(30, TimeUnit.SECONDS);
    }

    @Test
    void pullsTakeTurns() throws Exception {
        TransferBudget budget = new TransferBudget(1, 100);
        TransferMemory first = budget.enter("large", 60);
        ConcurrentLinkedQueue<String> order = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (String pull : List.of("large", "large", "large", "small", "other")) {
            CompletableFuture<Void> end = new CompletableFuture<>();
            ends.add(end);
            FutureTask<Void> task = new FutureTask<>(() -> {
                try (TransferMemory _ = budget.enter(pull, 60)) {
                    order.add(pull);
                }
                end.complete(null);
                return null;
            });
            awaitParked(task);
        }
        first.close();
        for (CompletableFuture<Void> end : ends) {
            end.get(30, TimeUnit.SECONDS);
        }

        assertThat(order).containsExactly("large", "small", "other", "large", "large");
        assertThat(budget.used()).isZero();
        assertThat(budget.peak()).isEqualTo(60);
    }

    @Test
    void everyPullMayHaveOneTransferWhileThereIsMemory() throws Exception {
        TransferBudget budget = new TransferBudget(2, 50);
        TransferMemory a = budget.enter("a", 10);
        TransferMemory a2 = budget.enter("a", 10);
        Future<TransferMemory> a3 = enter(budget, "a", 10);
        TransferMemory b = in(enter(budget, "b", 10));
        TransferMemory c = in(enter(budget, "c", 10));
        assertThat(a3.isDone()).isFalse();
        Future<TransferMemory> d = enter(budget, "d", 25);
        assertThat(d.isDone()).isFalse();

        b.close();
        assertThat(d.isDone()).isFalse();
        c.close();
        in(d).close();
        a.close();
        in(a3).close();
        a2.close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void whoeverGivesUpWaitingTakesNothing() throws Exception {
        TransferBudget budget = new TransferBudget(1, 10);
        TransferMemory first = budget.enter("a", 10);
        FutureTask<TransferMemory> task = new FutureTask<>(() -> budget.enter("b", 10));
        Thread waiting = awaitParked(task);
        Future<TransferMemory> next = enter(budget, "c", 10);

        waiting.interrupt();
        assertThatThrownBy(() -> task.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(InterruptedException.class);
        first.close();
        in(next).close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void aTransferThatNeedsMoreGoesBeforeNewOnes() throws Exception {
        TransferBudget budget = new TransferBudget(3, 30);
        TransferMemory a = budget.enter("a", 10);
        TransferMemory b = budget.enter("b", 10);
        FutureTask<Void> grow = new FutureTask<>(() -> {
            a.require(15);
            return null;
        });
        awaitParked(grow);
        Future<TransferMemory> c = enter(budget, "c", 10);
        assertThat(grow.isDone()).isFalse();
        assertThat(c.isDone()).isFalse();

        b.close();
        grow.get(30, TimeUnit.SECONDS);
        assertThat(budget.used()).isEqualTo(25);
        assertThat(c.isDone()).isFalse();
        a.close();
        in(c).close();
    }

    @Test
    void whenAllNeedMoreTheFirstGetsItAndNobodyWaitsForEver() throws Exception {
        TransferBudget budget = new TransferBudget(3, 20);
        TransferMemory a = budget.enter("a", 10);
        TransferMemory b = budget.enter("b", 10);
        FutureTask<Void> growA = new FutureTask<>(() -> {
            a.require(100);
            return null;
        });
        awaitParked(growA);
        assertThat(growA.isDone()).isFalse();
        FutureTask<Void> growB = new FutureTask<>(() -> {
            b.require(100);
            return null;
        });
        awaitParked(growB);

        growA.get(30, TimeUnit.SECONDS);
        assertThat(growB.isDone()).isFalse();
        a.close();
        growB.get(30, TimeUnit.SECONDS);
        b.close();
        assertThat(budget.used()).isZero();
        assertThat(budget.peak()).isEqualTo(120);
    }

    @Test
    void whatIsOnlyUsefulIsTakenWhenNobodyNeedsIt() throws Exception {
        TransferBudget budget = new TransferBudget(4, 30);
        TransferMemory a = budget.enter("a", 10);
        assertThat(a.tryTake(25)).isFalse();
        assertThat(a.tryTake(15)).isTrue();
        Future<TransferMemory> b = enter(budget, "b", 10);
        assertThat(b.isDone()).isFalse();
        assertThat(a.isWanted()).isTrue();
        assertThat(a.tryTake(1)).isFalse();

        a.giveBack(15);
        TransferMemory entered = in(b);
        assertThat(a.isWanted()).isFalse();
        entered.close();
        a.close();
        a.close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void oneThatIsLargerThanTheBudgetRunsAlone() throws Exception {
        TransferBudget budget = new TransferBudget(4, 10);
        TransferMemory large = budget.enter("a", 50);
        Future<TransferMemory> small = enter(budget, "b", 1);
        assertThat(small.isDone()).isFalse();
        large.close();
        in(small).close();
    }
}

package io.gantry.image.budget;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Admits the transfers of layers, over all pulls. Pulls take turns: a free place goes to the pull that has waited longest
 * since its last one, not to whoever asked for most. Every pull may have one transfer under way even when all places are
 * taken, as long as there is memory for it, so that a small image need not wait for the layers of a large one.
 */
public final class TransferBudget {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final int places;
    private final long bytes;

    // All guarded by lock.
    /** Waiting transfers by pull; the first pull is the next to be served. */
    private final Map<Object, ArrayDeque<Waiter>> waiting = new LinkedHashMap<>();
    /** Transfers that need more memory to go on, which they get before a new one is admitted. */
    private final ArrayDeque<Waiter> growing = new ArrayDeque<>();

    private final Map<Object, Integer> runningOf = new HashMap<>();
    private int running;
    private long used;
    private long peak;

    private static final class Waiter {
        final long bytes;
        boolean granted;

        Waiter(long bytes) {
            this.bytes = bytes;
        }
    }

    /**
     * @param places transfers at once, at least 1; exceeded only for a pull that has none
     * @param bytes memory of all transfers together; exceeded only by one that could never run otherwise, alone
     */
    public TransferBudget(int places, long bytes) {
        if (places < 1 || bytes < 1) {
            throw new IllegalArgumentException("budget below 1: " + places + " transfers, " + bytes + " bytes");
        }
        this.places = places;
        this.bytes = bytes;
    }

    /**
     * Waits for a place and memory for a transfer.
     *
     * @param pull equal for all transfers of one pull
     * @param needed bytes that the transfer holds from its start to its end
     */
    public TransferMemory enter(Object pull, long needed) throws InterruptedException {
        Waiter waiter = new Waiter(needed);
        lock.lockInterruptibly();
        try {
            waiting.computeIfAbsent(pull, _ -> new ArrayDeque<>()).add(waiter);
            serve();
            try {
                while (!waiter.granted) {
                    changed.await();
                }
            } catch (InterruptedException e) {
                forget(pull, waiter);
                throw e;
            }
            return new Place(pull, needed);
        } finally {
            lock.unlock();
        }
    }

    private void forget(Object pull, Waiter waiter) {
        if (waiter.granted) {
            leave(pull, waiter.bytes);
            return;
        }
        ArrayDeque<Waiter> queue = waiting.get(pull);
        if (queue != null) {
            queue.remove(waiter);
            if (queue.isEmpty()) {
                waiting.remove(pull);
            }
        }
        serve();
    }

    private void leave(Object pull, long held) {
        running--;
        runningOf.computeIfPresent(pull, (_, count) -> count == 1 ? null : count - 1);
        used -= held;
        serve();
    }

    /** Hands out what is free. Called whenever something changed. */
    private void serve() {
        while (!growing.isEmpty()) {
            Waiter first = growing.getFirst();
            boolean stuck = growing.size() == running;
            if (used + first.bytes > bytes && !stuck) {
                break;
            }
            growing.removeFirst();
            grant(first);
        }
        while (growing.isEmpty() && serveOne()) {
            // Until nothing more fits.
        }
        changed.signalAll();
    }

    private boolean serveOne() {
        for (Iterator<Map.Entry<Object, ArrayDeque<Waiter>>> pulls =
                        waiting.entrySet().iterator();
                pulls.hasNext(); ) {
            Map.Entry<Object, ArrayDeque<Waiter>> next = pulls.next();
            Object pull = next.getKey();
            if (running >= places && runningOf.containsKey(pull)) {
                continue;
            }
            Waiter waiter = next.getValue().getFirst();
            if (running > 0 && used + waiter.bytes > bytes) {
                return false;
            }
            next.getValue().removeFirst();
            pulls.remove();
            if (!next.getValue().isEmpty()) {
                waiting.put(pull, next.getValue());
            }
            running++;
            runningOf.merge(pull, 1, Integer::sum);
            grant(waiter);
            return true;
        }
        return false;
    }

    private void grant(Waiter waiter) {
        waiter.granted = true;
        used += waiter.bytes;
        peak = Math.max(peak, used);
    }

    /** Bytes that they may hold together. */
    public long bytes() {
        return bytes;
    }

    /** Bytes that transfers hold now. */
    public long used() {
        lock.lock();
        try {
            return used;
        } finally {
            lock.unlock();
        }
    }

    /** The most that they ever held. */
    public long peak() {
        lock.lock();
        try {
            return peak;
        } finally {
            lock.unlock();
        }
    }

    /** One admitted transfer. */
    private final class Place implements TransferMemory {
        private final Object pull;
        private long held;
        private boolean closed;

        Place(Object pull, long held) {
            this.pull = pull;
            this.held = held;
        }

        @Override
        public void require(long more) throws InterruptedException {
            Waiter waiter = new Waiter(more);
            lock.lockInterruptibly();
            try {
                growing.add(waiter);
                serve();
                try {
                    while (!waiter.granted) {
                        changed.await();
                    }
                } catch (InterruptedException e) {
                    if (waiter.granted) {
                        used -= more;
                    } else {
                        growing.remove(waiter);
                    }
                    serve();
                    throw e;
                }
                held += more;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean tryTake(long more) {
            lock.lock();
            try {
                if (closed || othersWait() || used + more > bytes) {
                    return false;
                }
                used += more;
                peak = Math.max(peak, used);
                held += more;
                return true;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void giveBack(long less) {
            lock.lock();
            try {
                if (!closed) {
                    held -= less;
                    used -= less;
                    serve();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public boolean isWanted() {
            lock.lock();
            try {
                return othersWait();
            } finally {
                lock.unlock();
            }
        }

        private boolean othersWait() {
            return !growing.isEmpty() || waiting.keySet().stream().anyMatch(other -> !runningOf.containsKey(other));
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (!closed) {
                    closed = true;
                    leave(pull, held);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}

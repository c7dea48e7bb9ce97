package io.gantry.image.registry;

import io.gantry.image.budget.TransferMemory;
import io.gantry.platform.error.GantryException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The rest of a blob over several connections: each fetches one segment after the other into memory, the reader gets them
 * in order. Memory is a fixed number of segment buffers out of the budget; when others wait for memory, connections are
 * given up until one is left. For one reading thread, which also closes it.
 */
final class SegmentedDownload implements AutoCloseable {
    private static final int PIECE_BYTES = 64 << 10;
    /** Fewer than this would be slower than the one connection that there was. */
    private static final int LEAST_BUFFERS = 3;

    /** Opens a part of the blob that is delivered as asked for, or not at all. */
    @FunctionalInterface
    interface Parts {
        BlobPart open(long from, long end);
    }

    private static final class Segment {
        final long from;
        final long end;
        final ByteBuffer data;
        /** Guarded by the lock. */
        int filled;
        /** Guarded by the lock. */
        @Nullable
        RuntimeException failure;

        int taken;

        Segment(long from, long end, ByteBuffer data) {
            this.from = from;
            this.end = end;
            this.data = data;
        }

        int length() {
            return (int) (end - from);
        }
    }

    private final int segmentBytes;
    private final long end;
    private final TransferMemory memory;
    private final Parts parts;
    private final Arena arena = Arena.ofShared();
    private final List<Thread> workers = new ArrayList<>();
    private final Set<Endpoint> servedBy = ConcurrentHashMap.newKeySet();
    private final AtomicInteger reconnects = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by lock.
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
    private final ArrayDeque<Segment> inOrder = new ArrayDeque<>();
    private long next;
    private int buffers;
    private int working;
    private boolean closed;

    private SegmentedDownload(
            long from, long end, int buffers, RangePolicy policy, TransferMemory memory, Parts parts) {
        this.next = from;
        this.end = end;
        this.segmentBytes = policy.segmentBytes();
        this.memory = memory;
        this.parts = parts;
        this.buffers = buffers;
    }

    /** Starts fetching; null when there is no memory for it now. */
    static @Nullable SegmentedDownload open(
            long from, long end, RangePolicy policy, TransferMemory memory, Parts parts) {
        int buffers = 0;
        while (buffers <= policy.connections() && memory.tryTake(policy.segmentBytes())) {
            buffers++;
        }
        if (buffers < LEAST_BUFFERS) {
            memory.giveBack((long) buffers * policy.segmentBytes());
            return null;
        }
        SegmentedDownload opened = new SegmentedDownload(from, end, buffers, policy, memory, parts);
        opened.start();
        return opened;
    }

    private void start() {
        for (int i = 0; i < buffers; i++) {
            free.add(arena.allocate(segmentBytes).asByteBuffer());
        }
        working = buffers - 1;
        for (int i = 0; i < buffers - 1; i++) {
            workers.add(Thread.ofVirtual().name("blob-segments").start(this::work));
        }
    }

    int connections() {
        return workers.size();
    }

    /** The endpoints that bytes came from; complete after {@link #close()}. */
    Set<Endpoint> servedBy() {
        return servedBy;
    }

    int reconnects() {
        return reconnects.get();
    }

    // The fetching side.

    private void work() {
        byte[] piece = new byte[PIECE_BYTES];
        try {
            for (Segment segment = begin(); segment != null; segment = begin()) {
                fetch(segment, piece);
            }
        } catch (InterruptedException _) {
            // Closed.
        }
    }

    /** The next segment to fetch, null when there is none or this connection is to be given up. */
    private @Nullable Segment begin() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (closed || next >= end || giveUp()) {
                    working--;
                    return null;
                }
                ByteBuffer buffer = free.poll();
                if (buffer != null) {
                    long to = Math.min(end, next + segmentBytes);
                    Segment segment = new Segment(next, to, buffer.clear());
                    next = to;
                    inOrder.add(segment);
                    changed.signalAll();
                    return segment;
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** One connection and one buffer less, while others need the memory and more than one is left. */
    private boolean giveUp() {
        if (working < 2 || free.isEmpty() || !memory.isWanted()) {
            return false;
        }
        // The arena keeps the buffer until the end, untouched pages of it cost nothing.
        free.remove();
        buffers--;
        memory.giveBack(segmentBytes);
        return true;
    }

    private void fetch(Segment segment, byte[] piece) throws InterruptedException {
        try (BlobPart part = parts.open(segment.from, segment.end)) {
            for (int count = part.read(piece); count >= 0; count = part.read(piece)) {
                segment.data.put(piece, 0, count);
                arrived(segment, count);
            }
            var _ = part.finish();
            servedBy.addAll(part.servedBy());
            reconnects.addAndGet(part.reconnects());
        } catch (GantryException | BlobPart.RangesRefusedException e) {
            fail(segment, e);
        } catch (RuntimeException | Error e) {
            fail(segment, new IllegalStateException("fetch bytes from " + segment.from, e));
        }
    }

    private void arrived(Segment segment, int count) {
        lock.lock();
        try {
            segment.filled += count;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void fail(Segment segment, RuntimeException failure) {
        lock.lock();
        try {
            segment.failure = failure;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // The reading side.

    /**
     * The next bytes.
     *
     * @return how many, -1 at the end
     * @throws GantryException when no endpoint delivers the segment that is next
     */
    int read(byte[] buffer) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                Segment head = inOrder.peek();
                if (head == null && next >= end) {
                    return -1;
                }
                if (head != null && head.filled > head.taken) {
                    return take(head, buffer);
                }
                if (head != null && head.failure != null) {
                    throw head.failure;
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private int take(Segment head, byte[] buffer) {
        int count = Math.min(buffer.length, head.filled - head.taken);
        head.data.get(head.taken, buffer, 0, count);
        head.taken += count;
        if (head.taken == head.length()) {
            inOrder.remove();
            free.add(head.data);
            changed.signalAll();
        }
        return count;
    }

    /** Ends all connections and gives the memory back; waits for the threads, which end at once. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        workers.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        }
        arena.close();
        memory.giveBack((long) buffers * segmentBytes);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

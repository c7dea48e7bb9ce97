package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of direct buffers that go round between one writing and one reading thread. The writer waits when all
 * are full, the reader when all are empty, so a pipe never needs more memory than it was made with. Either side may give
 * up: {@link #fail} tells the reader, {@link #abandon} the writer.
 */
public final class ChunkPipe implements ByteFeed {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
    private final ArrayDeque<ByteBuffer> full = new ArrayDeque<>();
    private boolean finished;
    private boolean abandoned;
    private @Nullable IOException failure;
    private @Nullable ByteBuffer reading;
    /** Where the buffers go when they have been read; this pipe where there is no other. */
    private final ChunkPipe home;

    /** @param buffers what goes round: at least 2, direct; they may serve another pipe when both threads have ended */
    public ChunkPipe(List<ByteBuffer> buffers) {
        home = this;
        free.addAll(buffers);
    }

    /**
     * The second stage of a two-stage pipe: a thread between the two takes the buffers of the first by {@link #take} and hands
     * them on by {@link #pass}; when they are read they go back to the first.
     */
    public ChunkPipe(ChunkPipe firstStage) {
        home = firstStage;
    }

    /**
     * The next filled buffer, the caller's own until it is passed on.
     *
     * @return null at the end of the stream
     * @throws AbandonedException when the reader of the second stage gave up
     */
    public @Nullable ByteBuffer take() throws IOException, InterruptedException {
        lock.lockInterruptibly();
        try {
            return nextFull();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Hands on a buffer that {@link #take} gave, with what remains in it.
     *
     * @throws AbandonedException when the reader gave up
     */
    public void pass(ByteBuffer taken) throws AbandonedException {
        lock.lock();
        try {
            if (abandoned) {
                throw new AbandonedException();
            }
            full.add(taken);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void takeBack(ByteBuffer read) {
        lock.lock();
        try {
            free.add(read);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * An empty buffer to fill; waits for one.
     *
     * @throws AbandonedException when the reader gave up, so that writing on is pointless
     */
    public ByteBuffer empty() throws InterruptedException, AbandonedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (abandoned) {
                    throw new AbandonedException();
                }
                ByteBuffer buffer = free.poll();
                if (buffer != null) {
                    buffer.clear();
                    return buffer;
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Hands over a buffer of {@link #empty()}: the bytes up to its position. */
    public void put(ByteBuffer filled) {
        filled.flip();
        lock.lock();
        try {
            (filled.hasRemaining() ? full : free).add(filled);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The writer has no more: the reader sees the end of the stream after what was put. */
    public void finish() {
        lock.lock();
        try {
            finished = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The writer broke off: the reader gets the problem instead of an end of the stream, at once. */
    public void fail(IOException problem) {
        lock.lock();
        try {
            failure = problem;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The reader gave up: {@link #empty()}, {@link #take} and {@link #pass} fail from now on. So does the first stage: the
     * buffers that it waits for are the ones that this reader does not give back any more.
     */
    public void abandon() {
        lock.lock();
        try {
            abandoned = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (home != this) {
            home.abandon();
        }
    }

    @Override
    public @Nullable ByteBuffer chunk() throws IOException, InterruptedException {
        ByteBuffer current = reading;
        if (current != null && current.hasRemaining()) {
            return current;
        }
        if (current != null) {
            reading = null;
            home.takeBack(current);
        }
        lock.lockInterruptibly();
        try {
            reading = nextFull();
            return reading;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a filled buffer; the lock is held. */
    private @Nullable ByteBuffer nextFull() throws IOException, InterruptedException {
        while (true) {
            if (failure != null) {
                throw failure;
            }
            if (abandoned) {
                throw new AbandonedException();
            }
            ByteBuffer next = full.poll();
            if (next != null || finished) {
                return next;
            }
            changed.await();
        }
    }

    /** The reading end of a pipe is gone. */
    public static final class AbandonedException extends IOException {
        private static final long serialVersionUID = 1L;

        AbandonedException() {
            super("the reader gave up");
        }
    }
}

package io.gantry.cri.nri.ttrpc;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Several connections over one: each piece of data has a header of eight bytes, big-endian, with the number of its
 * connection and its length. One thread reads, one writes; whoever sends never waits for the other side. What comes for a
 * connection that nobody listens to is dropped.
 */
public final class Mux implements AutoCloseable {
    private static final int HEADER = 8;
    private static final int MAX_PIECE = Frame.HEADER + Frame.MAX_PAYLOAD;

    private static final int FIRST_PIECE = 4096;

    /** More waiting messages mean that the other side does not read. */
    private static final int MAX_WAITING = 256;

    /** What is done with the bytes of one connection, on the reading thread. */
    interface Receiver {
        void received(byte[] bytes) throws IOException;
    }

    private final ByteChannel trunk;
    private final Map<Integer, Receiver> receivers = new ConcurrentHashMap<>();
    private final BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable Consumer<String> onClose;
    private volatile @Nullable Thread writer;

    /** @param trunk a connection that blocks; this object's from now on */
    public Mux(ByteChannel trunk) {
        this.trunk = trunk;
    }

    void listen(int connection, Receiver receiver) {
        receivers.put(connection, receiver);
    }

    /**
     * Begins to read and write.
     *
     * @param name for the threads
     * @param whenClosed called once, with the reason, on a thread of this connection or the one that closes it
     */
    public void start(String name, Consumer<String> whenClosed) {
        onClose = whenClosed;
        writer = Thread.ofVirtual().name(name + "-write").start(this::write);
        var unused = Thread.ofVirtual().name(name + "-read").start(this::read);
    }

    /**
     * Sends one message, some time soon: a long one in two pieces, since plugins built with NRI's Go library up to 0.12.2
     * take no first piece that is longer than their buffer, and nothing in a second one that is not of the same message.
     */
    void send(int connection, byte[] bytes) throws IOException {
        if (closed.get()) {
            throw new ClosedChannelException();
        }
        int first = Math.min(bytes.length, FIRST_PIECE);
        ByteBuffer pieces = ByteBuffer.allocate(2 * HEADER + bytes.length)
                .putInt(connection)
                .putInt(first)
                .put(bytes, 0, first);
        if (first < bytes.length) {
            pieces.putInt(connection).putInt(bytes.length - first).put(bytes, first, bytes.length - first);
        }
        if (!waiting.offer(Arrays.copyOf(pieces.array(), pieces.position()))) {
            close("it does not read what it is sent");
            throw new ClosedChannelException();
        }
    }

    private void write() {
        try {
            while (!closed.get()) {
                ByteBuffer piece = ByteBuffer.wrap(waiting.take());
                while (piece.hasRemaining()) {
                    int unused = trunk.write(piece);
                }
            }
        } catch (IOException e) {
            close(reason(e));
        } catch (InterruptedException e) {
            close("closed");
        }
    }

    private void read() {
        try {
            while (true) {
                ByteBuffer header = full(HEADER);
                int connection = header.getInt();
                int length = header.getInt();
                if (length < 0 || length > MAX_PIECE) {
                    throw new IOException("a piece of " + Integer.toUnsignedString(length) + " bytes is announced, "
                            + MAX_PIECE + " are allowed");
                }
                byte[] bytes = full(length).array();
                Receiver receiver = receivers.get(connection);
                if (receiver != null) {
                    receiver.received(bytes);
                }
            }
        } catch (IOException e) {
            close(reason(e));
        } catch (RuntimeException | Error e) {
            close("what it sent cannot be handled: " + e);
            throw e;
        }
    }

    private ByteBuffer full(int length) throws IOException {
        // Grown as bytes come: an announced length alone must not cost memory.
        ByteBuffer buffer = ByteBuffer.allocate(Math.min(length, 64 << 10));
        while (buffer.position() < length) {
            if (!buffer.hasRemaining()) {
                ByteBuffer larger = ByteBuffer.allocate((int) Math.min(length, 4L * buffer.capacity()));
                buffer = larger.put(buffer.flip());
            }
            if (trunk.read(buffer) < 0) {
                throw new EOFException("the other side has closed it");
            }
        }
        return buffer.flip();
    }

    private static String reason(IOException problem) {
        return problem instanceof ClosedChannelException ? "closed" : String.valueOf(problem.getMessage());
    }

    /** Ends the connection; only the first reason counts. Never fails. */
    public void close(String reason) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            trunk.close();
        } catch (IOException e) {
            // It is gone all the same.
        }
        Thread writing = writer;
        if (writing != null) {
            writing.interrupt();
        }
        Consumer<String> callback = onClose;
        if (callback != null) {
            callback.accept(reason);
        }
    }

    public boolean isClosed() {
        return closed.get();
    }

    @Override
    public void close() {
        close("closed");
    }
}

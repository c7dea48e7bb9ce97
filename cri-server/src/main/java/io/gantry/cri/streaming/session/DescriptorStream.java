package io.gantry.cri.streaming.session;

import io.gantry.platform.linux.Errno;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A non-blocking descriptor (pipe, terminal, socket) on an event loop, without a thread of its own. Edge-triggered, because a
 * pipe that was hung up while its reader pauses would otherwise be reported without end. Every method is called on the
 * loop; the descriptor stays the owner's to close, after {@link #detach}.
 */
public final class DescriptorStream implements EpollIoHandle {
    /** What happens; on the loop. */
    public interface Listener {
        /** Bytes came, of a packet socket one packet; the buffer is the listener's. */
        default void onData(ByteBuf data) {
            data.release();
        }

        /** The data that could be read at once has been delivered. */
        default void onReadPause() {}

        /**
         * No more comes.
         *
         * @param failure why, null at the end of file
         */
        default void onEnd(@Nullable IOException failure) {}

        /** Nothing more can be written: the other side is gone. What was queued is dropped. */
        default void onUnwritable(IOException failure) {}

        /** The queue has become short enough, or long, see {@link #isBacklogged}. */
        default void onBacklogChanged(boolean backlogged) {}
    }

    /** Bytes moved before others get their turn. */
    private static final int FAIR_SHARE = 256 << 10;

    private static final int HIGH_WATER = 256 << 10;
    private static final int LOW_WATER = 64 << 10;

    private final IoEventLoop loop;
    private final FileDescriptor descriptor;
    private final int readSize;
    private final int writeSize;
    private final Listener listener;
    private final ByteBufAllocator allocator = ByteBufAllocator.DEFAULT;
    private final Deque<ByteBuf> queue = new ArrayDeque<>();
    private @Nullable IoRegistration registration;
    private boolean attached;
    private boolean readable;
    private boolean paused;
    private boolean readEnded;
    private boolean pumpingReads;
    private boolean writable;
    private boolean writeEnded;
    private long queued;
    private long written;
    private boolean backlogged;
    private @Nullable Runnable whenDrained;

    /**
     * @param readSize most bytes read at once; of a packet socket the longest packet, 0 not to read
     * @param writeSize most bytes written at once: of a packet socket the longest packet
     */
    public DescriptorStream(IoEventLoop loop, int fd, int readSize, int writeSize, Listener listener) {
        this.loop = loop;
        this.descriptor = new FileDescriptor(fd);
        this.readSize = readSize;
        this.readEnded = readSize == 0;
        this.writeSize = writeSize;
        this.listener = listener;
    }

    /** Begins to read, and writes what was queued before. */
    public void attach() {
        attached = true;
        var unused = loop.register(this).addListener(done -> {
            if (!done.isSuccess()) {
                fail(new IOException("cannot poll descriptor " + descriptor.intValue(), done.cause()));
                return;
            }
            IoRegistration made = (IoRegistration) done.getNow();
            if (!attached) {
                made.cancel();
                return;
            }
            registration = made;
            EpollIoOps events = EpollIoOps.EPOLLOUT.with(EpollIoOps.EPOLLET);
            if (readSize > 0) {
                events = events.with(EpollIoOps.EPOLLIN).with(EpollIoOps.EPOLLRDHUP);
            }
            registration.submit(events);
        });
    }

    private void fail(IOException failure) {
        endWriting(failure);
        endReading(failure);
    }

    /** Stops everything and drops what is queued; the descriptor can be closed now. Idempotent. */
    public void detach() {
        attached = false;
        readEnded = true;
        writeEnded = true;
        dropQueue();
        if (registration != null) {
            registration.cancel();
            registration = null;
        }
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    @Override
    public void handle(IoRegistration source, IoEvent event) {
        EpollIoOps ready = ((EpollIoEvent) event).ops();
        boolean hangUp = (ready.value() & ~(EpollIoOps.EPOLLIN.value() | EpollIoOps.EPOLLOUT.value())) != 0;
        if (hangUp || ready.contains(EpollIoOps.EPOLLOUT)) {
            writable = true;
            pumpWrites();
        }
        if (hangUp || ready.contains(EpollIoOps.EPOLLIN)) {
            readable = true;
            pumpReads();
        }
    }

    /** Called when the loop shuts down. */
    @Override
    public void close() {
        fail(new IOException("the streaming server stops"));
    }

    /** Whether reading goes on; while it does not, whoever writes to the other end waits. */
    public void setReading(boolean reading) {
        paused = !reading;
        pumpReads();
    }

    private void pumpReads() {
        if (pumpingReads) {
            return;
        }
        pumpingReads = true;
        try {
            long moved = 0;
            while (attached && readable && !paused && !readEnded) {
                int count = readOnce();
                if (count <= 0) {
                    break;
                }
                moved += count;
                if (moved >= FAIR_SHARE) {
                    loop.execute(this::pumpReads);
                    break;
                }
            }
            if (moved > 0) {
                listener.onReadPause();
            }
        } finally {
            pumpingReads = false;
        }
    }

    private int readOnce() {
        ByteBuf buffer = allocator.directBuffer(readSize);
        int count;
        try {
            ByteBuffer memory = buffer.internalNioBuffer(0, readSize);
            count = descriptor.read(memory, memory.position(), memory.limit());
        } catch (IOException e) {
            buffer.release();
            readable = false;
            endReading(isEndOfTerminal(e) ? null : e);
            return 0;
        }
        if (count > 0) {
            buffer.writerIndex(count);
            listener.onData(buffer);
            return count;
        }
        buffer.release();
        readable = false;
        if (count < 0) {
            endReading(null);
        }
        return 0;
    }

    /** How the master of a pty says that nobody has its terminal any more. */
    private static boolean isEndOfTerminal(IOException e) {
        return e instanceof NativeIoException error && error.expectedErr() == -Errno.EIO;
    }

    private void endReading(@Nullable IOException failure) {
        if (!readEnded) {
            readEnded = true;
            listener.onEnd(failure);
        }
    }

    /** Queues bytes for writing; takes over the buffer, and drops it when nothing can be written any more. */
    public void write(ByteBuf data) {
        if (writeEnded || whenDrained != null || !data.isReadable()) {
            data.release();
            return;
        }
        ByteBuf direct = data;
        if (!data.isDirect() || data.nioBufferCount() != 1) {
            direct = allocator.directBuffer(data.readableBytes()).writeBytes(data);
            data.release();
        }
        queued += direct.readableBytes();
        queue.add(direct);
        pumpWrites();
    }

    /** Runs {@code action} once all that was queued is written, or can no longer be; later writes are dropped. */
    public void whenDrained(Runnable action) {
        if (whenDrained == null) {
            whenDrained = action;
            pumpWrites();
        }
    }

    /** Whether so much is queued that no more should be brought. */
    public boolean isBacklogged() {
        return backlogged;
    }

    /** Bytes written so far. */
    public long writtenBytes() {
        return written;
    }

    private void pumpWrites() {
        try {
            for (ByteBuf head = queue.peek(); writable && head != null; head = queue.peek()) {
                int length = Math.min(head.readableBytes(), writeSize);
                ByteBuffer memory = head.internalNioBuffer(head.readerIndex(), length);
                int count = descriptor.write(memory, memory.position(), memory.limit());
                if (count <= 0) {
                    writable = false;
                    break;
                }
                queued -= count;
                written += count;
                head.skipBytes(count);
                if (!head.isReadable()) {
                    queue.remove();
                    head.release();
                }
            }
        } catch (IOException e) {
            endWriting(e);
        }
        if (queue.isEmpty() && whenDrained != null && !writeEnded) {
            writeEnded = true;
            whenDrained.run();
        }
        tellBacklog();
    }

    private void tellBacklog() {
        boolean now = backlogged ? queued > LOW_WATER : queued > HIGH_WATER;
        if (now != backlogged) {
            backlogged = now;
            listener.onBacklogChanged(now);
        }
    }

    private void endWriting(IOException failure) {
        if (writeEnded) {
            return;
        }
        writeEnded = true;
        dropQueue();
        listener.onUnwritable(failure);
        if (whenDrained != null) {
            whenDrained.run();
        }
    }

    private void dropQueue() {
        queue.forEach(ByteBuf::release);
        queue.clear();
        queued = 0;
        tellBacklog();
    }
}

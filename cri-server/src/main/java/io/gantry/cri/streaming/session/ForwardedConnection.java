package io.gantry.cri.streaming.session;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a client to a port of a pod. Either side may end its direction while the other goes on. On the event
 * loop, but for the connecting itself.
 */
public final class ForwardedConnection {
    /** The client's side. Every method is called on the event loop, and none blocks. */
    public interface Client {
        /** Queues data; takes over the buffer. Nothing happens when the client is gone. */
        void data(ByteBuf data);

        /** Sends what was queued. */
        void flush();

        /**
         * The pod sends no more.
         *
         * @param error why the connection failed, or null when it did not
         */
        void end(@Nullable String error);

        /** Whether the client takes data as fast as it comes; the connection is told when that changes. */
        boolean isWritable();

        /** Whether data is read from the client: back-pressure. */
        void setReading(boolean reading);

        /** Whether a client can go on sending after the pod has ended its direction. */
        boolean canSendAfterEnd();

        /** Whether other connections wait while this one is not read. */
        boolean hasCompany();

        /** Nothing of this connection is left here. */
        void closed();
    }

    private static final Logger log = LoggerFactory.getLogger(ForwardedConnection.class);
    private static final int READ_SIZE = 32 << 10;
    private static final int WRITE_SIZE = 64 << 10;
    /** Data kept until the pod is connected. */
    private static final long MAX_EARLY = 64 << 10;
    /** How long a program in a pod may keep all other connections of its client waiting. */
    private static final long STUCK_SECONDS = 30;

    private final SessionContext context;
    private final String sandboxId;
    private final int port;
    private final Client client;
    private final Deque<ByteBuf> early = new ArrayDeque<>();
    private long earlyBytes;
    private @Nullable Fd socket;
    private @Nullable DescriptorStream stream;
    private boolean clientEnded;
    private boolean podEnded;
    private boolean closed;
    private volatile @Nullable Thread dialler;

    public ForwardedConnection(SessionContext context, String sandboxId, int port, Client client) {
        this.context = context;
        this.sandboxId = sandboxId;
        this.port = port;
        this.client = client;
    }

    /** Begins to connect. */
    public void start() {
        context.workers().execute(this::dial);
    }

    /** On a worker thread. */
    private void dial() {
        dialler = Thread.currentThread();
        try {
            context.dials().acquire();
            Fd connected;
            try {
                connected = context.targets().dial(sandboxId, port);
            } finally {
                context.dials().release();
            }
            if (!later(() -> join(connected))) {
                connected.close();
            }
        } catch (GantryException e) {
            log.debug("port not forwarded: sandbox={} port={} error=\"{}\"", sandboxId, port, e.getMessage());
            later(() -> fail(String.valueOf(e.getMessage())));
        } catch (InterruptedException e) {
            log.debug("client left while its port was being connected: sandbox={} port={}", sandboxId, port);
        } catch (RuntimeException e) {
            log.error("port not forwarded: sandbox={} port={}", sandboxId, port, e);
            later(() -> fail("unexpected " + e.getClass().getSimpleName()));
        } finally {
            dialler = null;
        }
    }

    private boolean later(Runnable action) {
        try {
            context.loop().execute(action);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void join(Fd connected) {
        if (closed) {
            connected.close();
            return;
        }
        socket = connected;
        DescriptorStream joined =
                new DescriptorStream(context.loop(), connected.number(), READ_SIZE, WRITE_SIZE, new Pod());
        stream = joined;
        for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
            joined.write(data);
        }
        joined.setReading(client.isWritable());
        joined.attach();
        client.setReading(!joined.isBacklogged());
        if (clientEnded) {
            endSending(joined);
        }
    }

    private final class Pod implements DescriptorStream.Listener {
        @Override
        public void onData(ByteBuf data) {
            client.data(data);
            if (!client.isWritable()) {
                client.flush();
                writabilityChanged();
            }
        }

        @Override
        public void onReadPause() {
            client.flush();
        }

        @Override
        public void onEnd(@Nullable IOException failure) {
            podEnded = true;
            client.end(failure == null ? null : text(String.valueOf(failure.getMessage())));
            if (failure != null || clientEnded || !client.canSendAfterEnd()) {
                close();
            }
        }

        @Override
        public void onBacklogChanged(boolean backlogged) {
            client.setReading(!backlogged);
            if (backlogged && stream != null && !closed) {
                watchProgress(stream, stream.writtenBytes());
            }
        }
    }

    private void watchProgress(DescriptorStream watched, long before) {
        var unused = context.loop()
                .schedule(
                        () -> {
                            if (closed || !watched.isBacklogged()) {
                                return;
                            }
                            if (watched.writtenBytes() == before && client.hasCompany()) {
                                fail(text("the pod has taken no data for " + STUCK_SECONDS
                                        + " s while other connections of the client wait"));
                            } else {
                                watchProgress(watched, watched.writtenBytes());
                            }
                        },
                        STUCK_SECONDS,
                        TimeUnit.SECONDS);
    }

    private String text(String problem) {
        return "forward port " + port + " of pod sandbox " + sandboxId + ": " + problem;
    }

    private void fail(String error) {
        if (closed) {
            return;
        }
        podEnded = true;
        client.end(error);
        close();
    }

    /** Data of the client; takes over the buffer. */
    public void clientData(ByteBuf data) {
        if (closed || clientEnded) {
            data.release();
        } else if (stream != null) {
            stream.write(data);
        } else {
            earlyBytes += data.readableBytes();
            early.add(data);
            if (earlyBytes > MAX_EARLY) {
                client.setReading(false);
            }
        }
    }

    /** The client sends no more. */
    public void clientEnded() {
        if (clientEnded || closed) {
            return;
        }
        clientEnded = true;
        if (podEnded) {
            close();
        } else if (stream != null) {
            endSending(stream);
        }
    }

    private void endSending(DescriptorStream to) {
        to.whenDrained(() -> {
            if (socket != null && !closed) {
                try {
                    JnaSyscalls.instance().shutdown(socket.number(), LinuxConstants.SHUT_WR);
                } catch (ErrnoException e) {
                    log.debug("pod was gone before the client: port={} error=\"{}\"", port, e.getMessage());
                }
            }
        });
    }

    /** The client takes data again, or takes none for now. */
    public void writabilityChanged() {
        if (stream != null && !closed) {
            stream.setReading(client.isWritable());
        }
    }

    /** Ends both directions at once, also when the client is gone. Idempotent. */
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        early.forEach(ByteBuf::release);
        early.clear();
        Thread running = dialler;
        if (running != null) {
            running.interrupt();
        }
        if (stream != null) {
            stream.detach();
        }
        if (socket != null) {
            socket.close();
        }
        client.setReading(true);
        client.closed();
    }
}

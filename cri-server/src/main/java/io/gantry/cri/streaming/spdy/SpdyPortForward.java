package io.gantry.cri.streaming.spdy;

import io.gantry.cri.streaming.session.ForwardedConnection;
import io.gantry.cri.streaming.session.IdleTimer;
import io.gantry.cri.streaming.session.ReadGate;
import io.gantry.cri.streaming.session.SessionContext;
import io.gantry.cri.streaming.session.StreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client of PortForward over SPDY: for each connection it opens a stream for errors and one for data, which name the same
 * port and request. Without a request id (clients of before 2016) the data stream is the one right after its error stream.
 */
public final class SpdyPortForward implements SpdyApplication {
    private static final Logger log = LoggerFactory.getLogger(SpdyPortForward.class);
    private static final int MAX_PORT = 65535;

    private final SessionContext context;
    private final StreamRequest.PortForward request;
    private final Channel channel;
    private final Duration creationTimeout;
    private final ReadGate gate;
    private final IdleTimer idle;
    private final SpdyConnection connection;
    private final Map<String, Pair> pairs = new HashMap<>();
    private final Map<Integer, Pair> complete = new HashMap<>();

    /**
     * @param creationTimeout how long a client may take from the first stream of a connection to the second
     * @param idle touched whenever something is moved
     */
    public SpdyPortForward(
            SessionContext context,
            StreamRequest.PortForward request,
            Channel channel,
            Duration creationTimeout,
            IdleTimer idle) {
        this.context = context;
        this.request = request;
        this.channel = channel;
        this.creationTimeout = creationTimeout;
        this.gate = new ReadGate(channel);
        this.idle = idle;
        this.connection = new SpdyConnection(this);
    }

    /** The handler for the end of the pipeline. */
    public SpdyConnection connection() {
        return connection;
    }

    @Override
    public @Nullable SpdyListener opened(SpdyStream stream, Map<String, String> headers) {
        boolean data = "data".equals(headers.get("streamtype"));
        int port = port(headers.getOrDefault("port", ""));
        boolean wanted =
                port != 0 && (request.ports().isEmpty() || request.ports().contains(port));
        if (!data && !"error".equals(headers.get("streamtype")) || !wanted) {
            log.debug("stream refused: action=\"{}\" headers={}", request.action(), headers);
            return null;
        }
        String id = headers.getOrDefault("requestid", "");
        String key = id.isEmpty() ? "stream " + (data ? stream.id() - 2 : stream.id()) : id;
        Pair pair = pairs.computeIfAbsent(key, unknown -> new Pair(key, port));
        return pair.add(stream, data, port);
    }

    /** Zero for what is not a port. */
    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            return port >= 1 && port <= MAX_PORT ? port : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    @Override
    public void accepted(SpdyStream stream) {
        Pair pair = complete.remove(stream.id());
        if (pair != null) {
            pair.forwarded.start();
        }
    }

    @Override
    public void writabilityChanged() {
        List.copyOf(pairs.values()).forEach(pair -> pair.forwarded.writabilityChanged());
    }

    @Override
    public void closed() {
        idle.stop();
        List.copyOf(pairs.values()).forEach(Pair::drop);
    }

    /** One connection: its two streams. */
    private final class Pair implements ForwardedConnection.Client {
        private final String key;
        private final int port;
        private final ForwardedConnection forwarded;
        private final Future<?> creation;
        private @Nullable SpdyStream error;
        private @Nullable SpdyStream data;

        Pair(String key, int port) {
            this.key = key;
            this.port = port;
            this.forwarded = new ForwardedConnection(context, request.sandboxId(), port, this);
            this.creation =
                    channel.eventLoop().schedule(this::tooLate, creationTimeout.toMillis(), TimeUnit.MILLISECONDS);
        }

        @Nullable
        SpdyListener add(SpdyStream stream, boolean isData, int streamPort) {
            if (streamPort != port || (isData ? data : error) != null) {
                return null;
            }
            if (isData) {
                data = stream;
            } else {
                error = stream;
            }
            if (data != null && error != null) {
                creation.cancel(false);
                complete.put(stream.id(), this);
            }
            return isData ? new Data() : new Errors();
        }

        private void tooLate() {
            end("forward port " + port + ": the client opened only one of two streams in time");
            drop();
        }

        void drop() {
            creation.cancel(false);
            forwarded.close();
        }

        @Override
        public void data(ByteBuf bytes) {
            idle.touch();
            if (data == null) {
                bytes.release();
            } else {
                data.write(bytes);
            }
        }

        @Override
        public void flush() {
            connection.flush();
        }

        @Override
        public void end(@Nullable String problem) {
            if (data != null) {
                data.end(Unpooled.EMPTY_BUFFER);
            }
            if (error != null) {
                error.end(
                        problem == null
                                ? Unpooled.EMPTY_BUFFER
                                : Unpooled.wrappedBuffer(problem.getBytes(StandardCharsets.UTF_8)));
            }
            connection.flush();
        }

        @Override
        public boolean isWritable() {
            return channel.isWritable();
        }

        @Override
        public void setReading(boolean reading) {
            gate.set(this, reading);
        }

        @Override
        public boolean canSendAfterEnd() {
            return true;
        }

        @Override
        public boolean hasCompany() {
            return pairs.size() > 1;
        }

        @Override
        public void closed() {
            pairs.remove(key, this);
            if (error != null && !error.isEnded()) {
                end(null);
            }
        }

        private final class Data implements SpdyListener {
            @Override
            public void onData(ByteBuf bytes) {
                idle.touch();
                forwarded.clientData(bytes);
            }

            @Override
            public void onEnd() {
                forwarded.clientEnded();
            }

            @Override
            public void onReset() {
                drop();
            }
        }

        /** Nothing of use comes on it. */
        private static final class Errors implements SpdyListener {
            @Override
            public void onData(ByteBuf bytes) {
                bytes.release();
            }

            @Override
            public void onEnd() {
                log.trace("client sends nothing on its error stream, as expected");
            }

            @Override
            public void onReset() {
                onEnd();
            }
        }
    }
}

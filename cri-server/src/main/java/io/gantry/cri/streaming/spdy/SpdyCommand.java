package io.gantry.cri.streaming.spdy;

import io.gantry.cri.streaming.session.CommandClient;
import io.gantry.cri.streaming.session.CommandResult;
import io.gantry.cri.streaming.session.CommandSession;
import io.gantry.cri.streaming.session.GracefulClose;
import io.gantry.cri.streaming.session.IdleTimer;
import io.gantry.cri.streaming.session.PendingBytes;
import io.gantry.cri.streaming.session.ReadGate;
import io.gantry.cri.streaming.session.RemoteCommandVersion;
import io.gantry.cri.streaming.session.SessionContext;
import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.TerminalSizes;
import io.gantry.cri.streaming.session.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client of Exec or Attach over SPDY: it opens one stream for each purpose, and then the session starts. */
public final class SpdyCommand implements SpdyApplication, CommandClient {
    private static final Logger log = LoggerFactory.getLogger(SpdyCommand.class);
    private static final String TYPE = "streamtype";
    private static final String ERROR = "error";
    private static final String STDIN = "stdin";
    private static final String STDOUT = "stdout";
    private static final String STDERR = "stderr";
    private static final String RESIZE = "resize";

    private final StreamRequest.Command request;
    private final RemoteCommandVersion version;
    private final Channel channel;
    private final ReadGate gate;
    private final IdleTimer idle;
    private final SpdyConnection connection;
    private final CommandSession session;
    private final Set<String> missing = new HashSet<>();
    private final Map<String, SpdyStream> streams = new HashMap<>();
    private final Future<?> creation;

    /**
     * @param creationTimeout how long the client may take to open its streams
     * @param idle touched whenever something is moved
     */
    public SpdyCommand(
            SessionContext context,
            StreamRequest.Command request,
            RemoteCommandVersion version,
            Channel channel,
            Duration creationTimeout,
            IdleTimer idle) {
        this.request = request;
        this.version = version;
        this.channel = channel;
        this.gate = new ReadGate(channel);
        this.idle = idle;
        this.connection = new SpdyConnection(this);
        this.session = CommandSession.of(context, request, this);
        StreamRequest.Streams wanted = request.streams();
        expect(ERROR, true);
        expect(STDIN, wanted.stdin());
        expect(STDOUT, wanted.stdout());
        expect(STDERR, wanted.stderr());
        expect(RESIZE, wanted.tty() && version.hasTerminalSize());
        this.creation = channel.eventLoop().schedule(this::tooLate, creationTimeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void expect(String type, boolean expected) {
        if (expected) {
            missing.add(type);
        }
    }

    /** The handler for the end of the pipeline. */
    public SpdyConnection connection() {
        return connection;
    }

    private void tooLate() {
        log.info("client did not open its streams in time: action=\"{}\" missing={}", request.action(), missing);
        Wire.close(channel);
    }

    @Override
    public @Nullable SpdyListener opened(SpdyStream stream, Map<String, String> headers) {
        String type = headers.getOrDefault(TYPE, "");
        if (!missing.remove(type)) {
            log.debug("stream refused: action=\"{}\" type=\"{}\"", request.action(), type);
            return null;
        }
        streams.put(type, stream);
        return new Listener(type);
    }

    @Override
    public void accepted(SpdyStream stream) {
        if (missing.isEmpty() && creation.cancel(false)) {
            session.start();
        }
    }

    private final class Listener implements SpdyListener {
        private final String type;
        private final TerminalSizes sizes = new TerminalSizes(session::resize);

        Listener(String type) {
            this.type = type;
        }

        @Override
        public void onData(ByteBuf data) {
            idle.touch();
            switch (type) {
                case STDIN -> session.stdin(data);
                case RESIZE -> sizes.read(data);
                default -> data.release();
            }
        }

        @Override
        public void onEnd() {
            if (type.equals(STDIN)) {
                session.stdinEnded();
            }
        }

        @Override
        public void onReset() {
            onEnd();
        }
    }

    @Override
    public void writabilityChanged() {
        session.writabilityChanged();
    }

    @Override
    public void closed() {
        creation.cancel(false);
        idle.stop();
        session.clientGone();
    }

    @Override
    public void stdout(ByteBuf data) {
        write(STDOUT, data);
    }

    @Override
    public void stderr(ByteBuf data) {
        write(STDERR, data);
    }

    private void write(String type, ByteBuf data) {
        idle.touch();
        SpdyStream stream = streams.get(type);
        if (stream == null) {
            data.release();
        } else {
            stream.write(data);
        }
    }

    @Override
    public void flush() {
        connection.flush();
    }

    @Override
    public void end(CommandResult result) {
        connection.refuseStreams();
        end(STDOUT, Unpooled.EMPTY_BUFFER);
        end(STDERR, Unpooled.EMPTY_BUFFER);
        end(ERROR, Unpooled.wrappedBuffer(result.bytes(version.hasStatus())));
        GracefulClose.begin(channel);
    }

    private void end(String type, ByteBuf last) {
        SpdyStream stream = streams.get(type);
        if (stream != null) {
            stream.end(last);
        }
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public long pendingBytes() {
        return PendingBytes.of(channel);
    }

    @Override
    public void setReading(boolean reading) {
        gate.set(this, reading);
    }

    @Override
    public void abort() {
        Wire.close(channel);
    }
}

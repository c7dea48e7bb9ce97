package io.gantry.cri.streaming.websocket;

import io.gantry.cri.streaming.session.CommandClient;
import io.gantry.cri.streaming.session.CommandResult;
import io.gantry.cri.streaming.session.CommandSession;
import io.gantry.cri.streaming.session.GracefulClose;
import io.gantry.cri.streaming.session.IdleTimer;
import io.gantry.cri.streaming.session.PendingBytes;
import io.gantry.cri.streaming.session.ReadGate;
import io.gantry.cri.streaming.session.SessionContext;
import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.TerminalSizes;
import io.gantry.cri.streaming.session.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;

/** A client of Exec or Attach over WebSocket: one channel for each purpose. */
public final class WebSocketCommand extends ChannelHandlerBase implements CommandClient {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int ERROR = 3;
    private static final int RESIZE = 4;
    private static final int CLOSE = 255;

    private final ChannelProtocol protocol;
    private final StreamRequest.Streams streams;
    private final ReadGate gate;
    private final IdleTimer idle;
    private final CommandSession session;
    private final TerminalSizes sizes;

    /** @param idle touched whenever something is moved */
    public WebSocketCommand(
            SessionContext context,
            StreamRequest.Command request,
            ChannelProtocol protocol,
            Channel channel,
            IdleTimer idle) {
        super(channel, new ChannelMessages(protocol.isBase64()));
        this.protocol = protocol;
        this.streams = request.streams();
        this.gate = new ReadGate(channel);
        this.idle = idle;
        this.session = CommandSession.of(context, request, this);
        this.sizes = new TerminalSizes(session::resize);
    }

    /** The client has been answered: begins. An empty message on one of its channels tells it that they are there. */
    public void start() {
        send(streams.stdout() ? STDOUT : streams.stderr() ? STDERR : ERROR, Unpooled.EMPTY_BUFFER);
        flush();
        session.start();
    }

    @Override
    void received(int channelNumber, ByteBuf data) {
        idle.touch();
        switch (channelNumber) {
            case STDIN -> session.stdin(data);
            case RESIZE -> sizes.read(data);
            case CLOSE -> {
                if (protocol.hasCloseSignal() && data.isReadable() && data.readByte() == STDIN) {
                    session.stdinEnded();
                }
                data.release();
            }
            default -> data.release(); // the client has nothing to say on the others
        }
    }

    @Override
    void writabilityChanged() {
        session.writabilityChanged();
    }

    @Override
    void closed() {
        idle.stop();
        session.clientGone();
    }

    @Override
    public void stdout(ByteBuf data) {
        idle.touch();
        send(STDOUT, data);
    }

    @Override
    public void stderr(ByteBuf data) {
        idle.touch();
        send(STDERR, data);
    }

    @Override
    public void flush() {
        channel().flush();
    }

    @Override
    public void end(CommandResult result) {
        byte[] bytes = result.bytes(protocol.version().hasStatus());
        if (bytes.length > 0) {
            send(ERROR, Unpooled.wrappedBuffer(bytes));
        }
        boolean unused = sendClose(WebSocketCloseStatus.NORMAL_CLOSURE, "");
        GracefulClose.begin(channel());
    }

    @Override
    public boolean isWritable() {
        return channel().isWritable();
    }

    @Override
    public long pendingBytes() {
        return PendingBytes.of(channel());
    }

    @Override
    public void setReading(boolean reading) {
        gate.set(this, reading);
    }

    @Override
    public void abort() {
        Wire.close(channel());
    }
}

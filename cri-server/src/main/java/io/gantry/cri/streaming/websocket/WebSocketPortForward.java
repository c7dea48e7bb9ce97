package io.gantry.cri.streaming.websocket;

import io.gantry.cri.streaming.session.ForwardedConnection;
import io.gantry.cri.streaming.session.GracefulClose;
import io.gantry.cri.streaming.session.IdleTimer;
import io.gantry.cri.streaming.session.ReadGate;
import io.gantry.cri.streaming.session.SessionContext;
import io.gantry.cri.streaming.session.StreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client of PortForward over WebSocket in its channel form: one connection for each port asked for, with channel 2n for
 * its data and 2n+1 for its errors. On both the server first sends the port, two bytes, little-endian. A direction alone
 * cannot be ended.
 */
public final class WebSocketPortForward extends ChannelHandlerBase {
    /** As many as there are numbers for channels. */
    public static final int MAX_PORTS = 127;

    private final ReadGate gate;
    private final IdleTimer idle;
    private final List<Port> ports = new ArrayList<>();
    private int open;

    /**
     * @param ports those to connect to
     * @param idle touched whenever something is moved
     */
    public WebSocketPortForward(
            SessionContext context,
            StreamRequest.PortForward request,
            List<Integer> ports,
            ChannelProtocol protocol,
            Channel channel,
            IdleTimer idle) {
        super(channel, new ChannelMessages(protocol.isBase64()));
        this.gate = new ReadGate(channel);
        this.idle = idle;
        for (int port : ports) {
            this.ports.add(new Port(context, request.sandboxId(), port, 2 * this.ports.size()));
        }
        open = ports.size();
    }

    /** The client has been answered: connects. */
    public void start() {
        for (Port port : ports) {
            send(port.channelNumber, port.announcement());
            send(port.channelNumber + 1, port.announcement());
        }
        channel().flush();
        ports.forEach(port -> port.forwarded.start());
    }

    @Override
    void received(int channelNumber, ByteBuf data) {
        idle.touch();
        if (channelNumber % 2 == 0 && channelNumber / 2 < ports.size()) {
            ports.get(channelNumber / 2).forwarded.clientData(data);
        } else {
            data.release();
        }
    }

    @Override
    void writabilityChanged() {
        ports.forEach(port -> port.forwarded.writabilityChanged());
    }

    @Override
    void closed() {
        idle.stop();
        ports.forEach(port -> port.forwarded.close());
    }

    private final class Port implements ForwardedConnection.Client {
        private final int number;
        private final int channelNumber;
        private final ForwardedConnection forwarded;

        Port(SessionContext context, String sandboxId, int number, int channelNumber) {
            this.number = number;
            this.channelNumber = channelNumber;
            this.forwarded = new ForwardedConnection(context, sandboxId, number, this);
        }

        ByteBuf announcement() {
            return Unpooled.wrappedBuffer(new byte[] {(byte) number, (byte) (number >> 8)});
        }

        @Override
        public void data(ByteBuf data) {
            idle.touch();
            send(channelNumber, data);
        }

        @Override
        public void flush() {
            channel().flush();
        }

        @Override
        public void end(@Nullable String error) {
            if (error != null) {
                send(channelNumber + 1, Unpooled.wrappedBuffer(error.getBytes(StandardCharsets.UTF_8)));
                channel().flush();
            }
        }

        @Override
        public boolean isWritable() {
            return channel().isWritable();
        }

        @Override
        public void setReading(boolean reading) {
            gate.set(this, reading);
        }

        @Override
        public boolean canSendAfterEnd() {
            return false;
        }

        @Override
        public boolean hasCompany() {
            return open > 1;
        }

        @Override
        public void closed() {
            open--;
            if (open == 0 && channel().isActive() && sendClose(WebSocketCloseStatus.NORMAL_CLOSURE, "")) {
                GracefulClose.begin(channel());
            }
        }
    }
}

package io.gantry.cri.streaming.websocket;

import io.gantry.cri.streaming.session.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Messages of channels, and the control frames of WebSocket (RFC 6455 section 5.5). On the channel's event loop. */
abstract class ChannelHandlerBase extends SimpleChannelInboundHandler<WebSocketFrame> {
    private static final Logger log = LoggerFactory.getLogger(ChannelHandlerBase.class);

    private final Channel channel;
    private final ChannelMessages messages;
    private boolean closing;

    ChannelHandlerBase(Channel channel, ChannelMessages messages) {
        this.channel = channel;
        this.messages = messages;
    }

    /** A message came; takes over the buffer, which may be empty. */
    abstract void received(int channelNumber, ByteBuf data);

    /** The connection takes data again, or takes none for now. */
    abstract void writabilityChanged();

    /** The connection is gone. */
    abstract void closed();

    @Override
    protected final void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        switch (frame) {
            case PingWebSocketFrame ping ->
                Wire.send(ctx, new PongWebSocketFrame(ping.content().retain()));
            case PongWebSocketFrame ignored -> log.trace("pong");
            case CloseWebSocketFrame ignored -> close(WebSocketCloseStatus.NORMAL_CLOSURE, "");
            default -> {
                ChannelMessages.Message message;
                try {
                    message = messages.read(frame);
                } catch (IllegalArgumentException e) {
                    close(WebSocketCloseStatus.INVALID_PAYLOAD_DATA, String.valueOf(e.getMessage()));
                    return;
                }
                if (message != null) {
                    received(message.channel(), message.data());
                }
            }
        }
    }

    /** Queues a message; takes over the buffer. */
    final void send(int channelNumber, ByteBuf data) {
        if (closing || !channel.isActive()) {
            data.release();
        } else {
            Wire.queue(channel, messages.write(channelNumber, data));
        }
    }

    /** Says goodbye and closes at once. */
    final void close(WebSocketCloseStatus status, String reason) {
        if (!closing) {
            closing = true;
            Wire.sendAndClose(channel, new CloseWebSocketFrame(status, reason));
        }
    }

    /** Says goodbye after what was queued; the connection stays open. @return false when that was done before */
    final boolean sendClose(WebSocketCloseStatus status, String reason) {
        if (closing) {
            return false;
        }
        closing = true;
        Wire.send(channel, new CloseWebSocketFrame(status, reason));
        return true;
    }

    final Channel channel() {
        return channel;
    }

    @Override
    public final void channelWritabilityChanged(ChannelHandlerContext ctx) {
        writabilityChanged();
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public final void channelInactive(ChannelHandlerContext ctx) {
        closed();
        ctx.fireChannelInactive();
    }

    @Override
    public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("WebSocket failed: peer={} error=\"{}\"", channel.remoteAddress(), cause.toString());
        Wire.close(ctx);
    }
}

package io.gantry.cri.streaming.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
                ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain()), ctx.voidPromise());
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
            channel.write(messages.write(channelNumber, data), channel.voidPromise());
        }
    }

    /** Says goodbye and closes at once. */
    final void close(WebSocketCloseStatus status, String reason) {
        if (sendClose(status, reason)) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> channel.close());
        }
    }

    /** Says goodbye after what was queued; the connection stays open. @return false when that was done before */
    final boolean sendClose(WebSocketCloseStatus status, String reason) {
        if (closing) {
            return false;
        }
        closing = true;
        channel.writeAndFlush(new CloseWebSocketFrame(status, reason), channel.voidPromise());
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
        ctx.close();
    }
}

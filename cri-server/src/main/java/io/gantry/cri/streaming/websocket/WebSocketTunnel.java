package io.gantry.cri.streaming.websocket;

import io.gantry.cri.streaming.session.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a byte stream in binary WebSocket messages; where one message ends means nothing. Handlers behind it see and
 * write plain buffers.
 */
public final class WebSocketTunnel extends ChannelDuplexHandler {
    /** The sub-protocol of kubectl's port-forward. */
    public static final String PORT_FORWARD = "SPDY/3.1+portforward.k8s.io";

    private static final Logger log = LoggerFactory.getLogger(WebSocketTunnel.class);

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof WebSocketFrame frame)) {
            ctx.fireChannelRead(message);
            return;
        }
        switch (frame) {
            case BinaryWebSocketFrame binary -> ctx.fireChannelRead(binary.content());
            case ContinuationWebSocketFrame more -> ctx.fireChannelRead(more.content());
            case PingWebSocketFrame ping -> Wire.send(ctx, new PongWebSocketFrame(ping.content()));
            case CloseWebSocketFrame ignored -> {
                ReferenceCountUtil.release(frame);
                Wire.sendAndClose(ctx, new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));
            }
            default -> {
                log.trace("frame ignored in a tunnel: {}", frame);
                ReferenceCountUtil.release(frame);
            }
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        Future<?> unused =
                ctx.write(message instanceof ByteBuf bytes ? new BinaryWebSocketFrame(bytes) : message, promise);
    }
}

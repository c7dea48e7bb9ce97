package io.gantry.cri.streaming.spdy;

import io.gantry.cri.streaming.session.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyGoAwayFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyHeadersFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySessionStatus;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of one SPDY/3.1 connection whose client is Go's spdystream, behind Netty's frame codec. Netty's own session
 * handler cannot be used: it waits for WINDOW_UPDATE frames, which that client never sends; flow control is TCP's. Every
 * SYN_REPLY carries a header, because the client hangs on an empty header block.
 */
public final class SpdyConnection extends ChannelInboundHandlerAdapter {
    /** More than any client has use for; each port-forwarded connection takes two. */
    private static final int MAX_STREAMS = 4096;

    private static final Logger log = LoggerFactory.getLogger(SpdyConnection.class);

    private final SpdyApplication application;
    private final Map<Integer, SpdyStream> streams = new HashMap<>();
    private @Nullable ChannelHandlerContext context;
    private int lastOpened;
    private boolean closing;

    public SpdyConnection(SpdyApplication application) {
        this.application = application;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch (message) {
                case SpdyDataFrame frame -> onData(frame);
                case SpdySynStreamFrame frame -> onOpen(ctx, frame);
                case SpdyRstStreamFrame frame -> onReset(frame);
                case SpdyPingFrame frame -> onPing(ctx, frame);
                case SpdyGoAwayFrame ignored -> Wire.close(ctx);
                case SpdySynReplyFrame ignored -> log.debug("client replied to a stream that it opened itself");
                case SpdyHeadersFrame frame -> onHeaders(frame);
                // SETTINGS and WINDOW_UPDATE: there is no flow control to set.
                default -> log.trace("frame ignored: {}", message);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void onOpen(ChannelHandlerContext ctx, SpdySynStreamFrame frame) {
        int id = frame.streamId();
        if (frame.isInvalid() || id % 2 == 0 || id <= lastOpened) {
            refuse(ctx, id, SpdyStreamStatus.PROTOCOL_ERROR);
            return;
        }
        lastOpened = id;
        if (closing || streams.size() >= MAX_STREAMS) {
            refuse(ctx, id, SpdyStreamStatus.REFUSED_STREAM);
            return;
        }
        SpdyStream stream = new SpdyStream(this, id);
        Map<String, String> headers = new HashMap<>();
        frame.headers()
                .forEach(header -> headers.put(
                        header.getKey().toString().toLowerCase(Locale.ROOT),
                        header.getValue().toString()));
        streams.put(id, stream);
        SpdyListener listener = application.opened(stream, headers);
        if (listener == null) {
            streams.remove(id);
            refuse(ctx, id, SpdyStreamStatus.REFUSED_STREAM);
            return;
        }
        stream.accepted(listener);
        DefaultSpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
        reply.headers().set("accepted", "true");
        Wire.send(ctx, reply);
        application.accepted(stream);
        if (frame.isLast()) {
            stream.receivedEnd();
        }
    }

    private static void refuse(ChannelHandlerContext ctx, int id, SpdyStreamStatus status) {
        Wire.send(ctx, new DefaultSpdyRstStreamFrame(id, status));
    }

    private void onData(SpdyDataFrame frame) {
        SpdyStream stream = streams.get(frame.streamId());
        if (stream != null) {
            stream.received(frame.content().retain(), frame.isLast());
        }
    }

    private void onHeaders(SpdyHeadersFrame frame) {
        SpdyStream stream = streams.get(frame.streamId());
        if (stream != null && frame.isLast()) {
            stream.receivedEnd();
        }
    }

    private void onReset(SpdyRstStreamFrame frame) {
        SpdyStream stream = streams.get(frame.streamId());
        if (stream != null) {
            stream.receivedReset();
        }
    }

    /** A client's pings have odd numbers; even ones would be answers to ours, of which there are none. */
    private static void onPing(ChannelHandlerContext ctx, SpdyPingFrame frame) {
        if (frame.id() % 2 != 0) {
            Wire.send(ctx, ReferenceCountUtil.retain(frame));
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        application.writabilityChanged();
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        streams.clear();
        application.closed();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        log.debug("SPDY connection failed: peer={} error=\"{}\"", ctx.channel().remoteAddress(), cause.toString());
        if (ctx.channel().isActive()) {
            Wire.sendAndClose(ctx, new DefaultSpdyGoAwayFrame(lastOpened, SpdySessionStatus.PROTOCOL_ERROR));
        }
    }

    void writeData(SpdyStream stream, ByteBuf data, boolean last) {
        ChannelHandlerContext to = context;
        if (to == null || !to.channel().isActive()) {
            data.release();
            return;
        }
        DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(stream.id(), data);
        frame.setLast(last);
        Wire.queue(to, frame);
    }

    void writeReset(SpdyStream stream) {
        ChannelHandlerContext to = context;
        if (to != null && to.channel().isActive()) {
            Wire.send(to, new DefaultSpdyRstStreamFrame(stream.id(), SpdyStreamStatus.CANCEL));
        }
    }

    void forget(SpdyStream stream) {
        streams.remove(stream.id());
    }

    /** Sends what was queued. */
    void flush() {
        if (context != null) {
            context.flush();
        }
    }

    Channel channel() {
        if (context == null) {
            throw new IllegalStateException("not in a pipeline yet");
        }
        return context.channel();
    }

    /** From now on, new streams are refused. */
    void refuseStreams() {
        closing = true;
    }

    /** Ids of the streams that are open, for tests. */
    Set<Integer> openStreams() {
        return Set.copyOf(streams.keySet());
    }
}

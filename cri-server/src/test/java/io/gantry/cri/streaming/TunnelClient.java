package io.gantry.cri.streaming;

import io.gantry.cri.streaming.spdy.SpdyProtocols;
import io.gantry.cri.streaming.websocket.WebSocketTunnel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Port-forward as current clients do it: SPDY in WebSocket messages, cut at arbitrary places. */
final class TunnelClient implements AutoCloseable {
    private final WebSocketClient socket;
    private final EmbeddedChannel codec = new EmbeddedChannel(SpdyProtocols.codec());

    private TunnelClient(WebSocketClient socket) {
        this.socket = socket;
    }

    static TunnelClient connect(String url) throws IOException {
        return new TunnelClient(WebSocketClient.connect(url, WebSocketTunnel.PORT_FORWARD, "v4.channel.k8s.io"));
    }

    String answer() {
        return socket.answer();
    }

    /** Sends a text to a port and gives what comes back until the end. */
    String exchange(int port, String text) throws IOException {
        open(1, "error", port);
        open(3, "data", port);
        DefaultSpdyDataFrame data = new DefaultSpdyDataFrame(3, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
        data.setLast(true);
        write(data);
        StringBuilder received = new StringBuilder();
        while (true) {
            WebSocketClient.Frame message = socket.read();
            codec.writeInbound(Unpooled.wrappedBuffer(message.payload()));
            for (Object frame = codec.readInbound(); frame != null; frame = codec.readInbound()) {
                boolean last = false;
                if (frame instanceof SpdyDataFrame answer && answer.streamId() == 3) {
                    received.append(answer.content().toString(StandardCharsets.UTF_8));
                    last = answer.isLast();
                }
                ReferenceCountUtil.release(frame);
                if (last) {
                    return received.toString();
                }
            }
        }
    }

    private void open(int id, String type, int port) throws IOException {
        DefaultSpdySynStreamFrame frame = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
        frame.headers()
                .add("streamtype", type)
                .add("port", Integer.toString(port))
                .add("requestid", "0");
        write(frame);
    }

    private void write(SpdyFrame frame) throws IOException {
        codec.writeOutbound(frame);
        for (ByteBuf bytes = codec.readOutbound(); bytes != null; bytes = codec.readOutbound()) {
            while (bytes.isReadable()) {
                byte[] piece = new byte[Math.min(5, bytes.readableBytes())];
                bytes.readBytes(piece);
                socket.send(WebSocketClient.BINARY, true, piece);
            }
            bytes.release();
        }
    }

    @Override
    public void close() throws IOException {
        codec.finishAndReleaseAll();
        socket.close();
    }
}

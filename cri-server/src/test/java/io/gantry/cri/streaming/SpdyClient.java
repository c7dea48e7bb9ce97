package io.gantry.cri.streaming;

import io.gantry.cri.streaming.spdy.SpdyProtocols;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** A plain SPDY client over a blocking socket. */
final class SpdyClient implements AutoCloseable {
    private final RawClient socket;
    private final EmbeddedChannel codec = new EmbeddedChannel(SpdyProtocols.codec());
    private final Map<Integer, ByteArrayOutputStream> received = new HashMap<>();
    private final Set<Integer> replied = new HashSet<>();
    private final Set<Integer> ended = new HashSet<>();
    private final Set<Integer> reset = new HashSet<>();
    private final Set<Integer> pings = new HashSet<>();
    private int nextId = 1;

    private SpdyClient(RawClient socket) {
        this.socket = socket;
    }

    /** Upgrades to SPDY. */
    static SpdyClient connect(String url, String... protocols) throws IOException {
        RawClient socket = RawClient.connect(URI.create(url));
        StringBuilder headers = new StringBuilder("Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n");
        for (String protocol : protocols) {
            headers.append("X-Stream-Protocol-Version: ").append(protocol).append("\r\n");
        }
        String answer = socket.request("POST", URI.create(url), headers.toString());
        if (!answer.startsWith("HTTP/1.1 101 ")) {
            socket.close();
            throw new IOException(answer);
        }
        return new SpdyClient(socket);
    }

    /** Opens a stream with these headers (names and values in turns). */
    int open(String... headers) throws IOException {
        int id = nextId;
        nextId += 2;
        DefaultSpdySynStreamFrame frame = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
        for (int i = 0; i < headers.length; i += 2) {
            frame.headers().add(headers[i], headers[i + 1]);
        }
        write(frame);
        return id;
    }

    int openType(String type) throws IOException {
        return open("streamtype", type);
    }

    void send(int stream, byte[] data) throws IOException {
        write(new DefaultSpdyDataFrame(stream, Unpooled.wrappedBuffer(data)));
    }

    void send(int stream, String data) throws IOException {
        send(stream, data.getBytes(StandardCharsets.UTF_8));
    }

    void end(int stream) throws IOException {
        DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(stream);
        frame.setLast(true);
        write(frame);
    }

    void resetStream(int stream) throws IOException {
        write(new DefaultSpdyRstStreamFrame(stream, SpdyStreamStatus.CANCEL));
    }

    void ping(int id) throws IOException {
        write(new DefaultSpdyPingFrame(id));
    }

    private void write(SpdyFrame frame) throws IOException {
        codec.writeOutbound(frame);
        for (ByteBuf bytes = codec.readOutbound(); bytes != null; bytes = codec.readOutbound()) {
            byte[] array = new byte[bytes.readableBytes()];
            bytes.readBytes(array);
            bytes.release();
            socket.write(array);
        }
    }

    /** Reads until the stream has ended, and gives all that came on it. */
    String awaitEnd(int stream) throws IOException {
        while (!ended.contains(stream) && !reset.contains(stream)) {
            readSome();
        }
        return text(stream);
    }

    /** Reads until that text has come on the stream. */
    void awaitText(int stream, String text) throws IOException {
        while (!text(stream).contains(text)) {
            if (ended.contains(stream)) {
                throw new IOException("stream ended with: " + text(stream));
            }
            readSome();
        }
    }

    void awaitReply(int stream) throws IOException {
        while (!replied.contains(stream)) {
            readSome();
        }
    }

    void awaitReset(int stream) throws IOException {
        while (!reset.contains(stream)) {
            readSome();
        }
    }

    void awaitPing(int id) throws IOException {
        while (!pings.contains(id)) {
            readSome();
        }
    }

    /** Reads until the server closes the connection. */
    void awaitClose() throws IOException {
        while (socket.read().length > 0) {
            // what comes at the end does not matter
        }
    }

    private ByteArrayOutputStream sink(int stream) {
        return received.computeIfAbsent(stream, unknown -> new ByteArrayOutputStream());
    }

    String text(int stream) {
        return sink(stream).toString(StandardCharsets.UTF_8);
    }

    long length(int stream) {
        return sink(stream).size();
    }

    void readSome() throws IOException {
        byte[] bytes = socket.read();
        if (bytes.length == 0) {
            throw new IOException("the server closed the connection");
        }
        codec.writeInbound(Unpooled.wrappedBuffer(bytes));
        for (Object frame = codec.readInbound(); frame != null; frame = codec.readInbound()) {
            switch (frame) {
                case SpdyDataFrame data -> {
                    data.content()
                            .readBytes(sink(data.streamId()), data.content().readableBytes());
                    if (data.isLast()) {
                        ended.add(data.streamId());
                    }
                    data.release();
                }
                case SpdySynReplyFrame reply -> {
                    if (reply.headers().isEmpty()) {
                        throw new IOException("a reply without headers makes Go's client hang");
                    }
                    replied.add(reply.streamId());
                }
                case SpdyRstStreamFrame gone -> reset.add(gone.streamId());
                case SpdyPingFrame ping -> pings.add(ping.id());
                default -> throw new IOException("unexpected frame " + frame);
            }
        }
    }

    RawClient socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        codec.finishAndReleaseAll();
        socket.close();
    }
}

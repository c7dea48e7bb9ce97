package io.gantry.cri.streaming.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.base64.Base64;
import io.netty.handler.codec.base64.Base64Dialect;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import org.jspecify.annotations.Nullable;

/** Puts bytes of a channel into a WebSocket message and takes them out again. */
final class ChannelMessages {
    /**
     * A message of a channel.
     *
     * @param data the receiver's to release
     */
    record Message(int channel, ByteBuf data) {}

    private final boolean base64;

    ChannelMessages(boolean base64) {
        this.base64 = base64;
    }

    /** A message; takes over {@code data}. */
    WebSocketFrame write(int channel, ByteBuf data) {
        if (!base64) {
            ByteBuf prefix = Unpooled.wrappedBuffer(new byte[] {(byte) channel});
            return new BinaryWebSocketFrame(Unpooled.wrappedBuffer(prefix, data));
        }
        try {
            ByteBuf prefix = Unpooled.wrappedBuffer(new byte[] {(byte) ('0' + channel)});
            ByteBuf encoded =
                    Base64.encode(data, data.readerIndex(), data.readableBytes(), false, Base64Dialect.STANDARD);
            return new TextWebSocketFrame(Unpooled.wrappedBuffer(prefix, encoded));
        } finally {
            data.release();
        }
    }

    /**
     * Takes a message apart; the frame stays the caller's.
     *
     * @return null for an empty message
     * @throws IllegalArgumentException for what is not in the form of the protocol
     */
    @Nullable
    Message read(WebSocketFrame frame) {
        ByteBuf content = frame.content();
        if (!content.isReadable()) {
            return null;
        }
        int first = content.readUnsignedByte();
        if (!base64) {
            return new Message(first, content.readRetainedSlice(content.readableBytes()));
        }
        if (first < '0' || first > '9') {
            throw new IllegalArgumentException("a message must begin with the digit of its channel");
        }
        int length = content.readableBytes();
        return new Message(first - '0', Base64.decode(content, content.readerIndex(), length, Base64Dialect.STANDARD));
    }
}

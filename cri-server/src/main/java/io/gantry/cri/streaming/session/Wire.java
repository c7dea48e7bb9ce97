package io.gantry.cri.streaming.session;

import io.netty.channel.ChannelOutboundInvoker;
import io.netty.util.concurrent.Future;

/** Sending and closing whose outcome shows elsewhere: what cannot be sent ends the connection, and its handler learns that. */
public final class Wire {
    private Wire() {}

    /** Queues a message. */
    public static void queue(ChannelOutboundInvoker to, Object message) {
        Future<?> unused = to.write(message, to.voidPromise());
    }

    /** Queues a message and sends what is queued. */
    public static void send(ChannelOutboundInvoker to, Object message) {
        Future<?> unused = to.writeAndFlush(message, to.voidPromise());
    }

    /** Sends a last message and closes. */
    public static void sendAndClose(ChannelOutboundInvoker to, Object message) {
        Future<?> unused = to.writeAndFlush(message).addListener(done -> close(to));
    }

    /** Closes at once. */
    public static void close(ChannelOutboundInvoker connection) {
        Future<?> unused = connection.close();
    }
}

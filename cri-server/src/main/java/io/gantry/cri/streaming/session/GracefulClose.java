package io.gantry.cri.streaming.session;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection so that the peer gets all that was sent: closing while something that it sent is unread would reset
 * the connection (RFC 9293 section 3.10.4), and the reset may overtake the data. So the peer gets time to close first.
 */
public final class GracefulClose {
    private static final long PATIENCE_MILLIS = 500;
    private static final long LINGER_MILLIS = 2000;
    /** A peer that has not taken the rest by then has lost it. */
    private static final int MAX_ROUNDS = 240;

    private GracefulClose() {}

    /** Begins to close; what is queued is sent first. On the channel's event loop. */
    public static void begin(Channel channel) {
        channel.flush();
        later(PATIENCE_MILLIS, channel, () -> endOutput(channel, 1));
    }

    private static void endOutput(Channel channel, int round) {
        if (!channel.isActive()) {
            return;
        }
        if (PendingBytes.of(channel) > 0 && round < MAX_ROUNDS) {
            later(PATIENCE_MILLIS, channel, () -> endOutput(channel, round + 1));
        } else if (channel instanceof DuplexChannel duplex && channel.pipeline().get(SslHandler.class) == null) {
            var unused = duplex.shutdownOutput();
            later(LINGER_MILLIS, channel, () -> Wire.close(channel));
        } else {
            Wire.close(channel);
        }
    }

    private static void later(long millis, Channel channel, Runnable action) {
        var unused = channel.eventLoop().schedule(action, millis, TimeUnit.MILLISECONDS);
    }
}

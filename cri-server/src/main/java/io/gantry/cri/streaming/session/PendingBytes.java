package io.gantry.cri.streaming.session;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/** How much a channel's peer has not taken yet. */
public final class PendingBytes {
    private PendingBytes() {}

    /** Bytes queued in this process, without those in the kernel's buffer. On the channel's event loop. */
    public static long of(Channel channel) {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes();
    }
}

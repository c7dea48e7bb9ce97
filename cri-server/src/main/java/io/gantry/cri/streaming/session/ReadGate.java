package io.gantry.cri.streaming.session;

import io.netty.channel.Channel;
import java.util.HashSet;
import java.util.Set;

/** Stops reading from a client while at least one of its streams cannot take more. On the channel's event loop. */
public final class ReadGate {
    private final Channel channel;
    private final Set<Object> full = new HashSet<>();

    public ReadGate(Channel channel) {
        this.channel = channel;
    }

    /** @param stream whoever says so, once per state */
    public void set(Object stream, boolean reading) {
        boolean changed = reading ? full.remove(stream) : full.add(stream);
        if (changed) {
            channel.config().setAutoRead(full.isEmpty());
        }
    }
}

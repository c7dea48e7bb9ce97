package io.gantry.cri.streaming.spdy;

import io.netty.buffer.ByteBuf;

/** What a client does with one stream. On the connection's event loop. */
interface SpdyListener {
    /** Bytes came; the buffer is the listener's. */
    void onData(ByteBuf data);

    /** The client sends no more on this stream. */
    void onEnd();

    /** The client is done with this stream in both directions. */
    void onReset();
}

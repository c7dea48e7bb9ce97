package io.gantry.cri.streaming.spdy;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** One stream of a connection, opened by the client. On the connection's event loop. */
final class SpdyStream {
    private final SpdyConnection connection;
    private final int id;
    private @Nullable SpdyListener listener;
    private boolean ended;
    private boolean clientEnded;
    private boolean reset;

    SpdyStream(SpdyConnection connection, int id) {
        this.connection = connection;
        this.id = id;
    }

    int id() {
        return id;
    }

    /** Queues bytes; takes over the buffer. Dropped once the stream is over. */
    void write(ByteBuf data) {
        if (ended || reset) {
            data.release();
        } else if (!data.isReadable()) {
            data.release();
        } else {
            connection.writeData(this, data, false);
        }
    }

    /** Ends our direction, after last bytes or none; takes over the buffer. */
    void end(ByteBuf lastData) {
        if (ended || reset) {
            lastData.release();
            return;
        }
        ended = true;
        connection.writeData(this, lastData, true);
        if (clientEnded) {
            connection.forget(this);
        }
    }

    /** Ends both directions. */
    void reset() {
        if (!reset) {
            reset = true;
            connection.writeReset(this);
            connection.forget(this);
        }
    }

    boolean isEnded() {
        return ended || reset;
    }

    void accepted(SpdyListener by) {
        listener = by;
    }

    void received(ByteBuf data, boolean last) {
        SpdyListener to = listener;
        if (to == null || clientEnded || reset) {
            data.release();
            return;
        }
        if (data.isReadable()) {
            to.onData(data);
        } else {
            data.release();
        }
        if (last) {
            receivedEnd();
        }
    }

    void receivedEnd() {
        if (clientEnded || reset) {
            return;
        }
        clientEnded = true;
        if (listener != null) {
            listener.onEnd();
        }
        if (ended) {
            connection.forget(this);
        }
    }

    void receivedReset() {
        if (reset) {
            return;
        }
        reset = true;
        connection.forget(this);
        if (listener != null) {
            listener.onReset();
        }
    }
}

package io.gantry.cri.streaming.session;

import io.netty.buffer.ByteBuf;

/** The client's side of a {@link CommandSession}. Every method is called on the session's event loop, and none blocks. */
public interface CommandClient {
    /** Queues output; takes over the buffer. Nothing happens when the client is gone. */
    void stdout(ByteBuf data);

    /** The same for standard error. */
    void stderr(ByteBuf data);

    /** Sends what was queued. */
    void flush();

    /** Ends the outputs, tells the result, and closes the connection once the client has had time to take it. */
    void end(CommandResult result);

    /** Whether the client takes output as fast as it comes; the session is told when that changes. */
    boolean isWritable();

    /** Bytes that the client has not taken yet. */
    long pendingBytes();

    /** Whether input is read from the client: back-pressure. */
    void setReading(boolean reading);

    /** Closes the connection at once. */
    void abort();
}

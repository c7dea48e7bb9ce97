package io.gantry.cri.streaming.spdy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the streams of a connection mean. On the connection's event loop. */
public interface SpdyApplication {
    /**
     * The client opens a stream.
     *
     * @param headers names in lower case
     * @return who gets what it sends, null to refuse it
     */
    @Nullable
    SpdyListener opened(SpdyStream stream, Map<String, String> headers);

    /** The stream was accepted, and the client told so. */
    default void accepted(SpdyStream stream) {}

    /** The connection takes data again, or takes none for now. */
    void writabilityChanged();

    /** The connection is gone. */
    void closed();
}

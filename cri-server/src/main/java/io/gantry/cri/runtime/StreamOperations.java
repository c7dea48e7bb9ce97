package io.gantry.cri.runtime;

import io.gantry.cri.streaming.session.StreamRequest;

/** What RuntimeService needs of the streaming server; the contract is that of {@link io.gantry.cri.streaming.StreamingServer}. */
public interface StreamOperations {
    /** A URL for one use. */
    String urlFor(StreamRequest request);
}

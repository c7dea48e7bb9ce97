package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A stream of bytes handed over in buffers of the giver, so that nothing is copied on the way. For one thread. */
public interface ByteFeed {
    /**
     * The buffer being consumed: direct, at least one byte remains in it, and the caller moves its position. It stays
     * valid until the next call that finds it used up. Waits for bytes to arrive.
     *
     * @return null at the end of the stream, then and ever after
     * @throws IOException when the stream broke; what was handed over before is then incomplete
     */
    @Nullable
    ByteBuffer chunk() throws IOException, InterruptedException;

    /**
     * Goes over bytes without handing them out, where the feed can do that cheaply.
     *
     * @return how many were skipped; 0 when the caller has to take them
     */
    default long skip(long count) throws IOException {
        return 0;
    }
}

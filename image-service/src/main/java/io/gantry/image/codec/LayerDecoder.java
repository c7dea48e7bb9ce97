package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Turns the bytes of a layer blob into its tar stream. For one thread. */
public interface LayerDecoder extends AutoCloseable {
    /**
     * Appends decoded bytes to {@code target}, a direct buffer with room, until it is full or the stream has ended.
     *
     * @return false when the stream has ended and nothing was appended
     * @throws IOException when the bytes are not of the format, or end too early
     */
    boolean decode(ByteBuffer target) throws IOException, InterruptedException;

    /** Gives native memory back. */
    @Override
    void close();
}

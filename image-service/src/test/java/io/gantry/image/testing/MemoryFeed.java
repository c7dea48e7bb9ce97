package io.gantry.image.testing;

import io.gantry.image.codec.ByteFeed;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Bytes handed over in chunks of one size, to cut everything at the worst places. */
public final class MemoryFeed implements ByteFeed {
    private final byte[] bytes;
    private final int chunkBytes;
    private int at;
    private @Nullable ByteBuffer current;

    public MemoryFeed(byte[] bytes, int chunkBytes) {
        this.bytes = bytes;
        this.chunkBytes = chunkBytes;
    }

    @Override
    public @Nullable ByteBuffer chunk() {
        ByteBuffer chunk = current;
        if (chunk != null && chunk.hasRemaining()) {
            return chunk;
        }
        if (at == bytes.length) {
            return null;
        }
        int count = Math.min(chunkBytes, bytes.length - at);
        chunk = ByteBuffer.allocateDirect(count).put(bytes, at, count).flip();
        at += count;
        current = chunk;
        return chunk;
    }
}

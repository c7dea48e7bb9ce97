package io.gantry.image.codec;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Direct buffers of one size for many pipes. Native memory of a buffer comes back only with a garbage collection, so they
 * are used again; as many are kept as were in use at once.
 */
public final class BufferPool {
    private final int bufferBytes;
    private final ArrayDeque<ByteBuffer> idle = new ArrayDeque<>();

    /** @param bufferBytes size of every buffer */
    public BufferPool(int bufferBytes) {
        this.bufferBytes = bufferBytes;
    }

    /** Buffers for one pipe; their contents are whatever was in them. */
    public synchronized List<ByteBuffer> take(int count) {
        List<ByteBuffer> taken = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ByteBuffer buffer = idle.poll();
            taken.add(buffer == null ? ByteBuffer.allocateDirect(bufferBytes) : buffer);
        }
        return taken;
    }

    /** Takes buffers back that nobody uses any more. */
    public synchronized void giveBack(List<ByteBuffer> buffers) {
        buffers.forEach(buffer -> idle.add(buffer.clear()));
    }
}

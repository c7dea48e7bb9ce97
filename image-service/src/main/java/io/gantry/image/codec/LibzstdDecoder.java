package io.gantry.image.codec;

import io.gantry.image.budget.TransferMemory;
import io.gantry.platform.linux.ZstdInflater;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Zstandard by libzstd, any number of frames, skippable ones among them. Memory for a frame's window is asked for before
 * the library allocates it.
 */
final class LibzstdDecoder implements LayerDecoder {
    /** The largest window that the zstd program accepts unless it is told to accept more: 128 MiB. */
    static final int MAX_WINDOW_LOG = 27;

    private final ByteFeed blob;
    private final TransferMemory memory;
    private final ZstdInflater inflater = ZstdInflater.open(MAX_WINDOW_LOG);
    private final ByteBuffer head =
            ByteBuffer.allocateDirect(ZstdFrame.MAX_HEAD_BYTES).limit(0);
    private final ByteBuffer nothing = ByteBuffer.allocateDirect(0);
    private boolean inFrame;
    private boolean ended;
    private long window;

    LibzstdDecoder(ByteFeed blob, TransferMemory memory) {
        this.blob = blob;
        this.memory = memory;
    }

    @Override
    public boolean decode(ByteBuffer target) throws IOException, InterruptedException {
        int before = target.position();
        while (target.hasRemaining() && !ended) {
            if (!inFrame && !beginFrame()) {
                ended = true;
                break;
            }
            ByteBuffer chunk = head.hasRemaining() ? head : blob.chunk();
            ByteBuffer input = chunk == null ? nothing : chunk;
            int had = target.position();
            inFrame = !inflater.inflate(input, target);
            if (inFrame && chunk == null && target.position() == had) {
                throw new IOException("zstd stream ends too early");
            }
        }
        return target.position() > before;
    }

    /** Gathers the head of the next frame, wherever the feed cuts it. */
    private boolean beginFrame() throws IOException, InterruptedException {
        head.compact();
        @Nullable ByteBuffer chunk = blob.chunk();
        while (chunk != null && head.hasRemaining()) {
            int count = Math.min(head.remaining(), chunk.remaining());
            head.put(head.position(), chunk, chunk.position(), count);
            head.position(head.position() + count);
            chunk.position(chunk.position() + count);
            chunk = head.hasRemaining() ? blob.chunk() : null;
        }
        head.flip();
        if (!head.hasRemaining()) {
            return false;
        }
        long wanted = ZstdFrame.window(head);
        if (wanted > 1L << MAX_WINDOW_LOG) {
            throw new IOException("it is compressed with a window of " + wanted + " bytes, at most "
                    + (1L << MAX_WINDOW_LOG) + " are accepted");
        }
        if (wanted > window) {
            memory.require(wanted - window);
            window = wanted;
        }
        inFrame = true;
        return true;
    }

    @Override
    public void close() {
        inflater.close();
    }
}

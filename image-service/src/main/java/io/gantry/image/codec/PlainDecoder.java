package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Hands a stream that is not compressed through. */
final class PlainDecoder implements LayerDecoder {
    private final ByteFeed blob;

    PlainDecoder(ByteFeed blob) {
        this.blob = blob;
    }

    @Override
    public boolean decode(ByteBuffer target) throws IOException, InterruptedException {
        int before = target.position();
        while (target.hasRemaining()) {
            ByteBuffer chunk = blob.chunk();
            if (chunk == null) {
                break;
            }
            int count = Math.min(chunk.remaining(), target.remaining());
            target.put(target.position(), chunk, chunk.position(), count);
            target.position(target.position() + count);
            chunk.position(chunk.position() + count);
        }
        return target.position() > before;
    }

    @Override
    public void close() {}
}

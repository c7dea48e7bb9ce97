package io.gantry.image.codec;

import io.gantry.platform.linux.IsalInflater;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Gzip by the ISA-L library, about twice as fast as the JDK's. It checks the CRC of each member. */
final class IsalGzipDecoder implements LayerDecoder {
    private static final ByteBuffer NO_INPUT = ByteBuffer.allocateDirect(0);

    private final ByteFeed blob;
    private final IsalInflater inflater = IsalInflater.open();
    private boolean ended;

    IsalGzipDecoder(ByteFeed blob) {
        this.blob = blob;
    }

    @Override
    public boolean decode(ByteBuffer target) throws IOException, InterruptedException {
        int before = target.position();
        while (target.hasRemaining() && !ended) {
            ByteBuffer chunk = blob.chunk();
            int had = target.position();
            // At the end of the input the library may still hold decoded bytes that found no room before.
            if (inflater.inflate(chunk == null ? NO_INPUT.duplicate() : chunk, target)) {
                ended = !GzipPadding.nextMember(blob);
                if (!ended) {
                    inflater.reset();
                }
            } else if (chunk == null && target.position() == had) {
                throw new IOException("gzip stream ends too early");
            }
        }
        return target.position() > before;
    }

    @Override
    public void close() {
        inflater.close();
    }
}

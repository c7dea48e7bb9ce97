package io.gantry.image.codec;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What may follow a gzip member: nothing, zero bytes up to the end of the stream, or another member. */
final class GzipPadding {
    private GzipPadding() {}

    /**
     * Goes over zero bytes.
     *
     * @return whether another member begins; false at the end of the stream
     * @throws IOException when zero bytes are followed by something else
     */
    static boolean nextMember(ByteFeed blob) throws IOException, InterruptedException {
        boolean padded = false;
        while (true) {
            ByteBuffer chunk = blob.chunk();
            if (chunk == null) {
                return false;
            }
            if (chunk.get(chunk.position()) != 0) {
                if (padded) {
                    throw new IOException("bytes after the end of the gzip stream");
                }
                return true;
            }
            padded = true;
            chunk.get();
        }
    }
}

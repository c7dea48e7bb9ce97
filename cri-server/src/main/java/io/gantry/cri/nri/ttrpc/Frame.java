package io.gantry.cri.nri.ttrpc;

import java.nio.ByteBuffer;

/**
 * One message of ttrpc: a header of ten bytes, big-endian (length, stream, type, flags), and its payload.
 *
 * @param stream odd, chosen by the caller
 * @param type {@link #REQUEST} or {@link #RESPONSE}
 */
record Frame(int stream, int type, byte[] payload) {
    static final int HEADER = 10;

    /** Longest payload that either side takes. */
    static final int MAX_PAYLOAD = 4 << 20;

    static final int REQUEST = 1;
    static final int RESPONSE = 2;

    byte[] encode() {
        return ByteBuffer.allocate(HEADER + payload.length)
                .putInt(payload.length)
                .putInt(stream)
                .put((byte) type)
                .put((byte) 0)
                .put(payload)
                .array();
    }
}

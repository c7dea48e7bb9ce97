package io.gantry.cri.nri.ttrpc;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Puts frames together that arrive in pieces. Holds no more than one frame that is not complete. */
final class FrameReader {
    private static final int FIRST_SIZE = 4096;

    private byte[] buffer = new byte[FIRST_SIZE];
    private int length;

    /**
     * Takes the next bytes.
     *
     * @return the frames that they complete
     * @throws IOException for a payload that is longer than allowed; nothing after that can be understood
     */
    List<Frame> feed(byte[] bytes) throws IOException {
        if (length + bytes.length > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + bytes.length));
        }
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
        List<Frame> frames = new ArrayList<>();
        int at = 0;
        while (length - at >= Frame.HEADER) {
            ByteBuffer header = ByteBuffer.wrap(buffer, at, Frame.HEADER);
            int payload = header.getInt();
            if (payload < 0 || payload > Frame.MAX_PAYLOAD) {
                throw new IOException("a message of " + Integer.toUnsignedString(payload) + " bytes is announced, "
                        + Frame.MAX_PAYLOAD + " are allowed");
            }
            if (length - at < Frame.HEADER + payload) {
                break;
            }
            int begin = at + Frame.HEADER;
            frames.add(new Frame(header.getInt(), header.get(), Arrays.copyOfRange(buffer, begin, begin + payload)));
            at = begin + payload;
        }
        keepFrom(at);
        return frames;
    }

    private void keepFrom(int at) {
        int rest = length - at;
        if (rest == 0 && buffer.length > FIRST_SIZE) {
            buffer = new byte[FIRST_SIZE]; // one long message does not cost memory forever
        } else if (at > 0) {
            System.arraycopy(buffer, at, buffer, 0, rest);
        }
        length = rest;
    }
}

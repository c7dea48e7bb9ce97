package io.gantry.cri.nri.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameReaderTests {
    private final FrameReader reader = new FrameReader();

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    @Test
    void aFrameIsTenBytesAndItsPayload() throws IOException {
        byte[] wire = new Frame(7, Frame.REQUEST, new byte[] {42}).encode();

        assertThat(wire).containsExactly(0, 0, 0, 1, 0, 0, 0, 7, 1, 0, 42);
        Frame frame = reader.feed(wire).getFirst();
        assertThat(frame.stream()).isEqualTo(7);
        assertThat(frame.type()).isEqualTo(Frame.REQUEST);
        assertThat(frame.payload()).containsExactly(42);
    }

    @Test
    void framesThatArriveByteByByteAreTheSame() throws IOException {
        byte[] first = new Frame(1, Frame.RESPONSE, bytes(300)).encode();
        byte[] second = new Frame(3, Frame.RESPONSE, bytes(0)).encode();
        byte[] wire = ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
        List<Frame> frames = new ArrayList<>();
        for (byte b : wire) {
            frames.addAll(reader.feed(new byte[] {b}));
        }

        assertThat(frames).extracting(Frame::stream).containsExactly(1, 3);
        assertThat(frames.get(0).payload()).isEqualTo(bytes(300));
        assertThat(frames.get(1).payload()).isEmpty();
    }

    @Test
    void severalFramesCanComeAtOnceAndTheLastOneInHalves() throws IOException {
        byte[] one = new Frame(1, Frame.RESPONSE, bytes(10)).encode();
        byte[] wire = ByteBuffer.allocate(one.length * 5 / 2)
                .put(one)
                .put(one)
                .put(one, 0, one.length / 2)
                .array();

        assertThat(reader.feed(wire)).hasSize(2);
        assertThat(reader.feed(java.util.Arrays.copyOfRange(one, one.length / 2, one.length)))
                .hasSize(1);
    }

    @Test
    void theLongestFrameIsTakenAndOneByteMoreIsNot() throws IOException {
        assertThat(reader.feed(new Frame(1, Frame.REQUEST, new byte[Frame.MAX_PAYLOAD]).encode()))
                .hasSize(1);
        byte[] header =
                ByteBuffer.allocate(Frame.HEADER).putInt(Frame.MAX_PAYLOAD + 1).array();

        assertThatThrownBy(() -> reader.feed(header)).hasMessageContaining("4194304 are allowed");
    }

    @Test
    void aNegativeLengthIsAVeryLongOne() {
        byte[] header = ByteBuffer.allocate(Frame.HEADER).putInt(-1).array();

        assertThatThrownBy(() -> reader.feed(header)).hasMessageContaining("4294967295 bytes");
    }
}

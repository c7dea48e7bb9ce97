package io.gantry.platform.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.GZIPOutputStream;

/**
 * Gzip decompression by Intel's ISA-L ({@code libisal.so.2}, package {@code libisal2}), where it is installed. One object
 * decodes one stream, for one thread; {@link #close()} gives its native memory back. The library is tried on a known
 * stream once before it is trusted, since its state is reached by offsets.
 *
 * @see <a href="https://github.com/intel/isa-l/blob/master/include/igzip_lib.h">igzip_lib.h, struct inflate_state</a>
 */
public final class IsalInflater implements AutoCloseable {
    /** Larger than struct inflate_state of any 2.x release (87,368 bytes in 2.30). */
    private static final int STATE_BYTES = 192 * 1024;

    private static final int NEXT_OUT = 0;
    private static final int AVAIL_OUT = 8;
    private static final int NEXT_IN = 16;
    private static final int AVAIL_IN = 32;
    private static final int BLOCK_STATE = 21_160;
    private static final int CRC_FLAG = 21_172;

    private static final int ISAL_GZIP = 1;
    private static final int ISAL_BLOCK_FINISH = 5;

    private final Memory state = new Memory(STATE_BYTES);

    private IsalInflater() {
        state.clear();
        Library.isal_inflate_init(state);
        state.setInt(CRC_FLAG, ISAL_GZIP);
    }

    /** Whether the library is there and does what is expected of it. */
    public static boolean isAvailable() {
        return Probe.AVAILABLE;
    }

    /**
     * A decoder for a new gzip stream.
     *
     * @throws IllegalStateException when {@link #isAvailable()} is false
     */
    public static IsalInflater open() {
        if (!isAvailable()) {
            throw new IllegalStateException("libisal.so.2 is not usable on this host");
        }
        return new IsalInflater();
    }

    /**
     * Decodes from one direct buffer to another and moves both positions; returns when the input is used up, the output is
     * full or the gzip member has ended.
     *
     * @return whether the member has ended, its checksum verified; what is left of {@code input} is what follows it
     * @throws IOException when the input is not valid gzip
     */
    public boolean inflate(ByteBuffer input, ByteBuffer output) throws IOException {
        state.setLong(NEXT_IN, address(input));
        state.setInt(AVAIL_IN, input.remaining());
        state.setLong(NEXT_OUT, address(output));
        state.setInt(AVAIL_OUT, output.remaining());
        int result = Library.isal_inflate(state);
        input.position(input.limit() - state.getInt(AVAIL_IN));
        output.position(output.limit() - state.getInt(AVAIL_OUT));
        if (result < 0) {
            throw new IOException("invalid gzip stream: " + problem(result));
        }
        return state.getInt(BLOCK_STATE) == ISAL_BLOCK_FINISH;
    }

    /** Gets ready for the next member of the stream. */
    public void reset() {
        Library.isal_inflate_reset(state);
        state.setInt(CRC_FLAG, ISAL_GZIP);
    }

    @Override
    public void close() {
        state.close();
    }

    private static long address(ByteBuffer direct) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(direct)) + direct.position();
    }

    private static String problem(int result) {
        return switch (result) {
            case -1 -> "bad block";
            case -2 -> "bad symbol";
            case -3 -> "distance too far back";
            case -4 -> "bad header";
            case -5 -> "unknown compression method";
            case -6 -> "wrong checksum";
            default -> "error " + result;
        };
    }

    /** The library's functions; loading this class fails with UnsatisfiedLinkError when it is not installed. */
    @SuppressWarnings("checkstyle:MethodName")
    private static final class Library {
        static {
            Native.register(Library.class, NativeLibrary.getInstance("libisal.so.2"));
        }

        static native void isal_inflate_init(Pointer state);

        static native void isal_inflate_reset(Pointer state);

        static native int isal_inflate(Pointer state);
    }

    /** Decodes a stream of two members in small pieces, and one with a wrong checksum. */
    private static final class Probe {
        static final boolean AVAILABLE = probe();

        private static boolean probe() {
            try {
                byte[] plain = new byte[100_000];
                for (int i = 0; i < plain.length; i++) {
                    plain[i] = (byte) (i * 31 / 7 + i / 1000);
                }
                byte[] packed = gzip(plain);
                boolean good = decodes(packed, plain);
                packed[packed.length - 6] ^= 1;
                return good && !decodes(packed, plain);
            } catch (UnsatisfiedLinkError | NoClassDefFoundError | IOException | RuntimeException _) {
                return false;
            }
        }

        private static byte[] gzip(byte[] plain) throws IOException {
            java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(plain);
            }
            return out.toByteArray();
        }

        private static boolean decodes(byte[] packed, byte[] plain) {
            ByteBuffer input = ByteBuffer.allocateDirect(packed.length + 1)
                    .put(packed)
                    .put((byte) 0x55)
                    .flip();
            ByteBuffer output = ByteBuffer.allocateDirect(plain.length + 100);
            try (IsalInflater inflater = new IsalInflater()) {
                boolean ended = false;
                while (!ended && output.limit() < output.capacity() || output.hasRemaining() && !ended) {
                    int before = output.position();
                    output.limit(Math.min(output.capacity(), before + 7000));
                    ended = inflater.inflate(input, output);
                    if (output.position() == before && !ended) {
                        return false;
                    }
                }
                output.flip();
                return ended && input.remaining() == 1 && output.equals(ByteBuffer.wrap(plain));
            } catch (IOException _) {
                return false;
            }
        }
    }
}

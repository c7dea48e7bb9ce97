package io.gantry.platform.linux;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Zstandard decompression by {@code libzstd.so.1} (package {@code libzstd1}), where it is installed, straight from and to
 * direct buffers. One object decodes one stream, for one thread; {@link #close()} gives its native memory back: the window
 * of the largest frame seen and about 200 KiB.
 *
 * @see <a href="https://github.com/facebook/zstd/blob/dev/lib/zstd.h">zstd.h, streaming decompression</a>
 */
public final class ZstdInflater implements AutoCloseable {
    /** ZSTD_inBuffer and ZSTD_outBuffer: address, size and position, eight bytes each. */
    private static final int BUFFER_STRUCT = 24;

    private static final int SIZE = 8;
    private static final int POSITION = 16;
    private static final int PARAMETER_WINDOW_LOG_MAX = 100;

    private final Pointer stream;
    private final Memory in = new Memory(BUFFER_STRUCT);
    private final Memory out = new Memory(BUFFER_STRUCT);

    private ZstdInflater(Pointer stream) {
        this.stream = stream;
    }

    /** Whether the library is there and does what is expected of it. */
    public static boolean isAvailable() {
        return Probe.AVAILABLE;
    }

    /**
     * A decoder for a new stream.
     *
     * @param windowLogMax frames that want a window of more than two to the power of this are refused
     * @throws IllegalStateException when {@link #isAvailable()} is false
     */
    public static ZstdInflater open(int windowLogMax) {
        if (!isAvailable()) {
            throw new IllegalStateException("libzstd.so.1 is not usable on this host");
        }
        return create(windowLogMax);
    }

    private static ZstdInflater create(int windowLogMax) {
        Pointer stream = Library.ZSTD_createDStream();
        if (stream == null) {
            throw new ErrnoException(Errno.ENOMEM, "ZSTD_createDStream", "zstd");
        }
        long result = Library.ZSTD_DCtx_setParameter(stream, PARAMETER_WINDOW_LOG_MAX, windowLogMax);
        if (Library.ZSTD_isError(result) != 0) {
            Library.ZSTD_freeDStream(stream);
            throw new IllegalArgumentException("window of 2^" + windowLogMax + " bytes: " + problem(result));
        }
        return new ZstdInflater(stream);
    }

    /**
     * Decodes from one direct buffer to another and moves both positions; returns when the input is used up, the output is
     * full or a frame has ended.
     *
     * @return whether a frame has ended, its checksum (if it has one) verified, and all of it has been put out
     * @throws IOException when the input is not valid
     */
    public boolean inflate(ByteBuffer input, ByteBuffer output) throws IOException {
        set(in, input);
        set(out, output);
        long result = Library.ZSTD_decompressStream(stream, out, in);
        if (Library.ZSTD_isError(result) != 0) {
            throw new IOException("invalid zstd stream: " + problem(result));
        }
        input.position(input.position() + (int) in.getLong(POSITION));
        output.position(output.position() + (int) out.getLong(POSITION));
        return result == 0;
    }

    private static void set(Memory struct, ByteBuffer direct) {
        struct.setPointer(0, Native.getDirectBufferPointer(direct).share(direct.position()));
        struct.setLong(SIZE, direct.remaining());
        struct.setLong(POSITION, 0);
    }

    private static String problem(long result) {
        return Library.ZSTD_getErrorName(result).getString(0).toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public void close() {
        Library.ZSTD_freeDStream(stream);
        in.close();
        out.close();
    }

    /** The library's functions; loading this class fails with UnsatisfiedLinkError when it is not installed. */
    @SuppressWarnings("checkstyle:MethodName")
    private static final class Library {
        static {
            Native.register(Library.class, NativeLibrary.getInstance("libzstd.so.1"));
        }

        static native Pointer ZSTD_createDStream();

        static native long ZSTD_freeDStream(Pointer stream);

        static native long ZSTD_DCtx_setParameter(Pointer stream, int parameter, int value);

        static native long ZSTD_decompressStream(Pointer stream, Pointer output, Pointer input);

        static native int ZSTD_isError(long result);

        static native Pointer ZSTD_getErrorName(long result);
    }

    /** Decodes a known frame. */
    private static final class Probe {
        /** A frame with one raw block and no checksum (RFC 8878 section 3.1.1): the text "gantry". */
        private static final byte[] FRAME = {
            0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x20, 6, 0x31, 0, 0, 'g', 'a', 'n', 't', 'r', 'y'
        };

        static final boolean AVAILABLE = probe();

        private static boolean probe() {
            ByteBuffer output = ByteBuffer.allocateDirect(16);
            ByteBuffer input =
                    ByteBuffer.allocateDirect(FRAME.length).put(FRAME).flip();
            try (ZstdInflater inflater = create(27)) {
                boolean ended = inflater.inflate(input, output);
                return ended
                        && !input.hasRemaining()
                        && StandardCharsets.US_ASCII
                                .decode(output.flip())
                                .toString()
                                .equals("gantry");
            } catch (UnsatisfiedLinkError | NoClassDefFoundError | IOException | RuntimeException _) {
                return false;
            }
        }
    }
}

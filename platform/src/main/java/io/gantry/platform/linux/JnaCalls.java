package io.gantry.platform.linux;

import com.sun.jna.LastErrorException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/** What the native calls have in common: errors, arrays, C structures. */
final class JnaCalls {
    /** A call that is made again when a signal interrupted it. */
    @FunctionalInterface
    interface Call {
        long run() throws LastErrorException;
    }

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());

    private JnaCalls() {}

    static ErrnoException error(LastErrorException e, String call, String subject) {
        return new ErrnoException(e.getErrorCode(), call, subject);
    }

    static String fd(int fd) {
        return "descriptor " + fd;
    }

    static String at(int dirfd, String path) {
        return dirfd == LinuxConstants.AT_FDCWD || path.startsWith("/") ? path : path + " in descriptor " + dirfd;
    }

    static long retried(Call call, String name, int fd) {
        while (true) {
            try {
                return call.run();
            } catch (LastErrorException e) {
                if (e.getErrorCode() != Errno.EINTR) {
                    throw error(e, name, fd(fd));
                }
            }
        }
    }

    /** Whether a native call may use the array itself: JNA copies all of it, in and out. */
    static boolean fits(byte[] buffer, int offset, int length) {
        return offset == 0 && buffer.length <= 2L * length + 4096;
    }

    static byte[] source(byte[] buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        return fits(buffer, offset, length) ? buffer : Arrays.copyOfRange(buffer, offset, offset + length);
    }

    static long longAt(byte[] struct, int offset) {
        return (long) LONG.get(struct, offset);
    }

    static int intAt(byte[] struct, int offset) {
        return (int) INT.get(struct, offset);
    }

    static int unsignedShortAt(byte[] struct, int offset) {
        return (short) SHORT.get(struct, offset) & 0xFFFF;
    }

    static void putLong(byte[] struct, int offset, long value) {
        LONG.set(struct, offset, value);
    }

    static void putInt(byte[] struct, int offset, int value) {
        INT.set(struct, offset, value);
    }

    static void putShort(byte[] struct, int offset, int value) {
        SHORT.set(struct, offset, (short) value);
    }
}

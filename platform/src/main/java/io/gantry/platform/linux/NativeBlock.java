package io.gantry.platform.linux;

import com.sun.jna.Native;
import com.sun.jna.Pointer;

/**
 * Zeroed native memory for the length of one call. Unlike JNA's own Memory it needs no cleaner thread, which would be
 * started by whichever thread comes first, perhaps one in a pod's namespace.
 */
final class NativeBlock implements AutoCloseable {
    private final long address;
    private final Pointer pointer;

    NativeBlock(long size) {
        this.address = Native.malloc(size);
        if (address == 0) {
            throw new ErrnoException(Errno.ENOMEM, "malloc", size + " bytes");
        }
        this.pointer = new Pointer(address);
        pointer.setMemory(0, size, (byte) 0);
    }

    Pointer pointer() {
        return pointer;
    }

    Pointer at(long offset) {
        return pointer.share(offset);
    }

    long address(long offset) {
        return address + offset;
    }

    @Override
    public void close() {
        Native.free(address);
    }
}

package io.gantry.platform.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Room for what epoll_wait(2) reports; to be used by one thread. {@code struct epoll_event} is packed on x86-64 only. */
public final class EpollEvents {
    private static final boolean PACKED = System.getProperty("os.arch", "").equals("amd64");
    private static final int SIZE = PACKED ? 12 : 16;
    static final int DATA = PACKED ? 4 : 8;

    private final ByteBuffer memory;
    private final int capacity;

    public EpollEvents(int capacity) {
        this.capacity = capacity;
        this.memory = ByteBuffer.allocateDirect(capacity * SIZE).order(ByteOrder.nativeOrder());
    }

    public int capacity() {
        return capacity;
    }

    public int events(int index) {
        return memory.getInt(index * SIZE);
    }

    /** What {@link EventSyscalls#epollCtl} was given for this descriptor. */
    public long data(int index) {
        return memory.getLong(index * SIZE + DATA);
    }

    /** Stores one report; for implementations of {@link EventSyscalls}. */
    public void set(int index, int events, long data) {
        memory.putInt(index * SIZE, events).putLong(index * SIZE + DATA, data);
    }

    ByteBuffer memory() {
        return memory;
    }
}

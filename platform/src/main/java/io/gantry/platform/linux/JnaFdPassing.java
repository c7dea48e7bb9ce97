package io.gantry.platform.linux;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import java.util.ArrayList;
import java.util.List;

/** Descriptors over a Unix socket: the msghdr, iovec and cmsghdr of unix(7) SCM_RIGHTS, in one block of memory. */
final class JnaFdPassing {
    private static final int MAX_FDS = 8;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;
    private static final int MSG_NOSIGNAL = 0x4000;

    private static final int IOVEC = 56;
    private static final int CONTROL = 72;
    private static final int CONTROL_HEADER = 16;
    private static final int CONTROL_SIZE = CONTROL_HEADER + 4 * MAX_FDS;
    private static final int DATA = CONTROL + CONTROL_SIZE;
    private static final int DATA_SIZE = 4096;

    private JnaFdPassing() {}

    private static Memory message(int dataSize, int controlSize) {
        Memory memory = new Memory(DATA + DATA_SIZE);
        memory.clear();
        long base = com.sun.jna.Pointer.nativeValue(memory);
        memory.setLong(16, base + IOVEC);
        memory.setLong(24, 1);
        memory.setLong(32, base + CONTROL);
        memory.setLong(40, controlSize);
        memory.setLong(IOVEC, base + DATA);
        memory.setLong(IOVEC + 8, dataSize);
        return memory;
    }

    static List<Integer> receive(int fd) {
        try (Memory memory = message(DATA_SIZE, CONTROL_SIZE)) {
            JnaCalls.retried(() -> Libc.recvmsg(fd, memory, MSG_CMSG_CLOEXEC), "recvmsg", fd);
            List<Integer> fds = new ArrayList<>();
            long filled = memory.getLong(40);
            if (filled >= CONTROL_HEADER
                    && memory.getInt(CONTROL + 8) == SOL_SOCKET
                    && memory.getInt(CONTROL + 12) == SCM_RIGHTS) {
                long count = (memory.getLong(CONTROL) - CONTROL_HEADER) / 4;
                for (int i = 0; i < count; i++) {
                    fds.add(memory.getInt(CONTROL + CONTROL_HEADER + 4L * i));
                }
            }
            return fds;
        }
    }

    static void send(int fd, List<Integer> fds) {
        if (fds.isEmpty() || fds.size() > MAX_FDS) {
            throw new IllegalArgumentException("can send 1 to " + MAX_FDS + " descriptors, not " + fds.size());
        }
        int length = CONTROL_HEADER + 4 * fds.size();
        try (Memory memory = message(1, (length + 7) & ~7)) {
            memory.setLong(CONTROL, length);
            memory.setInt(CONTROL + 8, SOL_SOCKET);
            memory.setInt(CONTROL + 12, SCM_RIGHTS);
            for (int i = 0; i < fds.size(); i++) {
                memory.setInt(CONTROL + CONTROL_HEADER + 4L * i, fds.get(i));
            }
            Libc.sendmsg(fd, memory, MSG_NOSIGNAL);
        } catch (LastErrorException e) {
            throw JnaCalls.error(e, "sendmsg", JnaCalls.fd(fd));
        }
    }
}

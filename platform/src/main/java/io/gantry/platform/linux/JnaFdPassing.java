package io.gantry.platform.linux;

import com.sun.jna.LastErrorException;
import com.sun.jna.Pointer;
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

    private static NativeBlock message(int dataSize, int controlSize) {
        NativeBlock block = new NativeBlock(DATA + DATA_SIZE);
        Pointer header = block.pointer();
        header.setLong(16, block.address(IOVEC));
        header.setLong(24, 1);
        header.setLong(32, block.address(CONTROL));
        header.setLong(40, controlSize);
        header.setLong(IOVEC, block.address(DATA));
        header.setLong(IOVEC + 8, dataSize);
        return block;
    }

    static List<Integer> receive(int fd) {
        try (NativeBlock block = message(DATA_SIZE, CONTROL_SIZE)) {
            Pointer memory = block.pointer();
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
        try (NativeBlock block = message(1, (length + 7) & ~7)) {
            Pointer memory = block.pointer();
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

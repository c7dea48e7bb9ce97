package io.gantry.platform.linux;

import static io.gantry.platform.linux.JnaCalls.error;
import static io.gantry.platform.linux.JnaCalls.fd;
import static io.gantry.platform.linux.JnaCalls.intAt;
import static io.gantry.platform.linux.JnaCalls.putInt;
import static io.gantry.platform.linux.JnaCalls.putLong;
import static io.gantry.platform.linux.JnaCalls.putShort;
import static io.gantry.platform.linux.JnaCalls.retried;
import static io.gantry.platform.linux.JnaCalls.unsignedShortAt;
import static io.gantry.platform.linux.PathBytes.terminated;

import com.sun.jna.LastErrorException;
import java.net.InetAddress;
import java.util.List;

/** The native {@link EventSyscalls}. */
interface JnaEventSyscalls extends EventSyscalls {
    int SOL_SOCKET = 1;
    int SO_ERROR = 4;

    @Override
    default int[] pipe2(int flags) {
        int[] fds = new int[2];
        try {
            Libc.pipe2(fds, flags);
        } catch (LastErrorException e) {
            throw error(e, "pipe2", "pair");
        }
        return fds;
    }

    @Override
    default int[] socketpair(int domain, int type, int protocol) {
        int[] fds = new int[2];
        try {
            Libc.socketpair(domain, type, protocol, fds);
        } catch (LastErrorException e) {
            throw error(e, "socketpair", "pair");
        }
        return fds;
    }

    @Override
    default int socket(int domain, int type, int protocol) {
        try {
            return Libc.socket(domain, type, protocol);
        } catch (LastErrorException e) {
            throw error(e, "socket", "domain " + domain);
        }
    }

    @Override
    default void connectUnix(int fd, String path) {
        byte[] address = unixAddress(path, "connect");
        try {
            Libc.connect(fd, address, address.length);
        } catch (LastErrorException e) {
            throw error(e, "connect", path);
        }
    }

    @Override
    default void connectInet(int fd, InetAddress address, int port) {
        byte[] structure = inetAddress(address, port);
        try {
            Libc.connect(fd, structure, structure.length);
        } catch (LastErrorException e) {
            throw error(e, "connect", address.getHostAddress() + " port " + port);
        }
    }

    @Override
    default int socketError(int fd) {
        byte[] value = new byte[4];
        try {
            Libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, value, new int[] {value.length});
        } catch (LastErrorException e) {
            throw error(e, "getsockopt", fd(fd));
        }
        return intAt(value, 0);
    }

    @Override
    default void shutdown(int fd, int how) {
        try {
            Libc.shutdown(fd, how);
        } catch (LastErrorException e) {
            throw error(e, "shutdown", fd(fd));
        }
    }

    @Override
    default void bindUnix(int fd, String path) {
        byte[] address = unixAddress(path, "bind");
        try {
            Libc.bind(fd, address, address.length);
        } catch (LastErrorException e) {
            throw error(e, "bind", path);
        }
    }

    @Override
    default void listen(int fd, int backlog) {
        try {
            Libc.listen(fd, backlog);
        } catch (LastErrorException e) {
            throw error(e, "listen", fd(fd));
        }
    }

    @Override
    default int accept4(int fd, int flags) {
        return (int) retried(() -> Libc.accept4(fd, null, null, flags), "accept4", fd);
    }

    @Override
    default List<Integer> receiveFds(int fd) {
        return JnaFdPassing.receive(fd);
    }

    @Override
    default void sendFds(int fd, List<Integer> fds) {
        JnaFdPassing.send(fd, fds);
    }

    @Override
    default int eventfd(int initial, int flags) {
        try {
            return Libc.eventfd(initial, flags);
        } catch (LastErrorException e) {
            throw error(e, "eventfd", "counter");
        }
    }

    @Override
    default int memfdCreate(String name, int flags) {
        try {
            return Libc.memfd_create(terminated(name), flags);
        } catch (LastErrorException e) {
            throw error(e, "memfd_create", name);
        }
    }

    @Override
    default int poll(int fd, int events, int timeoutMillis) {
        byte[] request = new byte[8];
        putInt(request, 0, fd);
        putShort(request, 4, events);
        try {
            return Libc.poll(request, 1, timeoutMillis) == 0 ? 0 : unsignedShortAt(request, 6);
        } catch (LastErrorException e) {
            if (e.getErrorCode() == Errno.EINTR) {
                return 0;
            }
            throw error(e, "poll", fd(fd));
        }
    }

    @Override
    default int epollCreate() {
        try {
            return Libc.epoll_create1(LinuxConstants.O_CLOEXEC);
        } catch (LastErrorException e) {
            throw error(e, "epoll_create1", "instance");
        }
    }

    @Override
    default void epollCtl(int epfd, int operation, int fd, int events, long data) {
        byte[] event = new byte[16];
        putInt(event, 0, events);
        putLong(event, EpollEvents.DATA, data);
        try {
            Libc.epoll_ctl(epfd, operation, fd, event);
        } catch (LastErrorException e) {
            throw error(e, "epoll_ctl", fd(fd));
        }
    }

    @Override
    default int epollWait(int epfd, EpollEvents events, int timeoutMillis) {
        try {
            return Libc.epoll_wait(epfd, events.memory(), events.capacity(), timeoutMillis);
        } catch (LastErrorException e) {
            if (e.getErrorCode() == Errno.EINTR) {
                return 0;
            }
            throw error(e, "epoll_wait", fd(epfd));
        }
    }

    @Override
    default int inotifyInit(int flags) {
        try {
            return Libc.inotify_init1(flags);
        } catch (LastErrorException e) {
            throw error(e, "inotify_init1", "instance");
        }
    }

    @Override
    default int inotifyAddWatch(int fd, String path, int mask) {
        try {
            return Libc.inotify_add_watch(fd, terminated(path), mask);
        } catch (LastErrorException e) {
            throw error(e, "inotify_add_watch", path);
        }
    }

    @Override
    default void inotifyRmWatch(int fd, int watch) {
        try {
            Libc.inotify_rm_watch(fd, watch);
        } catch (LastErrorException e) {
            throw error(e, "inotify_rm_watch", "watch " + watch);
        }
    }

    /** {@code sockaddr_in} of ip(7) or {@code sockaddr_in6} of ipv6(7). */
    private static byte[] inetAddress(InetAddress address, int port) {
        byte[] bytes = address.getAddress();
        boolean six = bytes.length == 16;
        byte[] structure = new byte[six ? 28 : 16];
        putShort(structure, 0, six ? LinuxConstants.AF_INET6 : LinuxConstants.AF_INET);
        structure[2] = (byte) (port >> 8);
        structure[3] = (byte) port;
        System.arraycopy(bytes, 0, structure, six ? 8 : 4, bytes.length);
        return structure;
    }

    private static byte[] unixAddress(String path, String call) {
        byte[] name = terminated(path);
        if (name.length > 108) {
            throw new ErrnoException(Errno.ENAMETOOLONG, call, path + " (a Unix socket path has at most 107 bytes)");
        }
        byte[] address = new byte[2 + name.length];
        putShort(address, 0, LinuxConstants.AF_UNIX);
        System.arraycopy(name, 0, address, 2, name.length);
        return address;
    }
}

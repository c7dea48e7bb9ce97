package io.gantry.platform.linux;

import java.net.InetAddress;
import java.util.List;

/** Calls for events, pipes and sockets. Part of {@link Syscalls}. */
public interface EventSyscalls {
    /** Read end and write end. <a href="https://man7.org/linux/man-pages/man2/pipe2.2.html">pipe2(2)</a> */
    int[] pipe2(int flags);

    /** <a href="https://man7.org/linux/man-pages/man2/socketpair.2.html">socketpair(2)</a> */
    int[] socketpair(int domain, int type, int protocol);

    /** <a href="https://man7.org/linux/man-pages/man2/socket.2.html">socket(2)</a> */
    int socket(int domain, int type, int protocol);

    /** Connects to a Unix socket; paths over 107 bytes fail with ENAMETOOLONG. <a href="https://man7.org/linux/man-pages/man2/connect.2.html">connect(2)</a> */
    void connectUnix(int fd, String path);

    /** Connects to an IPv4 or IPv6 address, the socket's own kind; a non-blocking socket fails with EINPROGRESS and is writable once it is settled. <a href="https://man7.org/linux/man-pages/man2/connect.2.html">connect(2)</a> */
    void connectInet(int fd, InetAddress address, int port);

    /** Takes the pending error of a socket, 0 for none: how a connect in progress has ended. <a href="https://man7.org/linux/man-pages/man7/socket.7.html">SO_ERROR of socket(7)</a> */
    int socketError(int fd);

    /** Ends one or both directions of a connection; {@code how} is one of the SHUT_ constants. <a href="https://man7.org/linux/man-pages/man2/shutdown.2.html">shutdown(2)</a> */
    void shutdown(int fd, int how);

    /** Binds a Unix socket; paths over 107 bytes fail with ENAMETOOLONG. <a href="https://man7.org/linux/man-pages/man2/bind.2.html">bind(2)</a> */
    void bindUnix(int fd, String path);

    /** <a href="https://man7.org/linux/man-pages/man2/listen.2.html">listen(2)</a> */
    void listen(int fd, int backlog);

    /** <a href="https://man7.org/linux/man-pages/man2/accept4.2.html">accept4(2)</a> */
    int accept4(int fd, int flags);

    /** Receives one message with up to 8 descriptors (close-on-exec), such as the pty of a console socket. <a href="https://man7.org/linux/man-pages/man2/recvmsg.2.html">recvmsg(2)</a> */
    List<Integer> receiveFds(int fd);

    /** Sends one byte with descriptors. <a href="https://man7.org/linux/man-pages/man2/sendmsg.2.html">sendmsg(2)</a> */
    void sendFds(int fd, List<Integer> fds);

    /** <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a> */
    int eventfd(int initial, int flags);

    /** An anonymous file in memory. <a href="https://man7.org/linux/man-pages/man2/memfd_create.2.html">memfd_create(2)</a> */
    int memfdCreate(String name, int flags);

    /** Waits for events on one descriptor; the events that came, 0 after {@code timeoutMillis} (-1: forever). <a href="https://man7.org/linux/man-pages/man2/poll.2.html">poll(2)</a> */
    int poll(int fd, int events, int timeoutMillis);

    /** <a href="https://man7.org/linux/man-pages/man2/epoll_create.2.html">epoll_create1(2)</a> */
    int epollCreate();

    /** <a href="https://man7.org/linux/man-pages/man2/epoll_ctl.2.html">epoll_ctl(2)</a> */
    void epollCtl(int epfd, int operation, int fd, int events, long data);

    /** Fills {@code events} and gives their number; 0 after {@code timeoutMillis} (-1: forever) or a signal. <a href="https://man7.org/linux/man-pages/man2/epoll_wait.2.html">epoll_wait(2)</a> */
    int epollWait(int epfd, EpollEvents events, int timeoutMillis);

    /** <a href="https://man7.org/linux/man-pages/man2/inotify_init.2.html">inotify_init1(2)</a> */
    int inotifyInit(int flags);

    /** The watch descriptor. <a href="https://man7.org/linux/man-pages/man2/inotify_add_watch.2.html">inotify_add_watch(2)</a> */
    int inotifyAddWatch(int fd, String path, int mask);

    /** <a href="https://man7.org/linux/man-pages/man2/inotify_rm_watch.2.html">inotify_rm_watch(2)</a> */
    void inotifyRmWatch(int fd, int watch);
}

package io.gantry.platform.linux;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One named platform thread on epoll(7) that calls back when descriptors are ready: pidfds, pipes, inotify, sockets.
 * Level-triggered unless the events say otherwise. Callbacks run one at a time and <b>must not block</b>: everything else
 * waits behind them.
 */
public final class FdWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FdWatcher.class);
    private static final long WAKE = 0;

    private static final class Shared {
        static final FdWatcher INSTANCE = new FdWatcher(JnaSyscalls.instance(), "gantry-fds");
    }

    private final Syscalls syscalls;
    private final int epfd;
    private final int wakeFd;
    private final Thread thread;
    private final AtomicLong ids = new AtomicLong(WAKE);
    private final Map<Long, Registration> registrations = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Starts a watcher; most callers want {@link #shared()}. */
    public FdWatcher(Syscalls syscalls, String threadName) {
        this.syscalls = syscalls;
        this.epfd = syscalls.epollCreate();
        this.wakeFd = syscalls.eventfd(0, LinuxConstants.EFD_CLOEXEC | LinuxConstants.EFD_NONBLOCK);
        syscalls.epollCtl(epfd, LinuxConstants.EPOLL_CTL_ADD, wakeFd, LinuxConstants.EPOLLIN, WAKE);
        this.thread = new Thread(null, this::loop, threadName, 512 << 10);
        thread.setDaemon(true);
        thread.start();
    }

    /** The watcher of this process; it is never closed. */
    public static FdWatcher shared() {
        return Shared.INSTANCE;
    }

    /**
     * Calls back whenever one of {@code events} ({@code EPOLLIN} …) holds, with the events that do. The descriptor stays
     * the caller's, who closes the registration first.
     *
     * @throws ErrnoException EPERM for a descriptor that is always ready, such as a regular file
     */
    public Registration watch(int fd, int events, IntConsumer onReady) {
        if (closed) {
            throw new IllegalStateException("the watcher is closed");
        }
        Registration registration = new Registration(ids.incrementAndGet(), fd, onReady);
        registrations.put(registration.id, registration);
        try {
            syscalls.epollCtl(epfd, LinuxConstants.EPOLL_CTL_ADD, fd, events, registration.id);
        } catch (RuntimeException e) {
            registrations.remove(registration.id);
            throw e;
        }
        return registration;
    }

    /** {@link #watch(int, int, IntConsumer)} for a callback that need not know which events hold. */
    public Registration watch(int fd, int events, Runnable onReady) {
        return watch(fd, events, (int ready) -> onReady.run());
    }

    private void loop() {
        EpollEvents ready = new EpollEvents(64);
        while (!closed) {
            int count = syscalls.epollWait(epfd, ready, -1);
            for (int i = 0; i < count; i++) {
                Registration registration = registrations.get(ready.data(i));
                if (registration != null) {
                    registration.fire(ready.events(i));
                }
            }
        }
    }

    /** Stops the thread; registrations get no further call. Must not be called from a callback. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        syscalls.write(wakeFd, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}, 0, 8);
        boolean interrupted = Thread.interrupted();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        registrations.clear();
        Fd.closeQuietly(syscalls, wakeFd);
        Fd.closeQuietly(syscalls, epfd);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One watched descriptor. */
    public final class Registration implements AutoCloseable {
        private final long id;
        private final int fd;
        private final IntConsumer onReady;
        private final ReentrantLock firing = new ReentrantLock();

        private Registration(long id, int fd, IntConsumer onReady) {
            this.id = id;
            this.fd = fd;
            this.onReady = onReady;
        }

        private void fire(int events) {
            firing.lock();
            try {
                if (registrations.containsKey(id)) {
                    onReady.accept(events);
                }
            } catch (RuntimeException | Error e) {
                log.error("callback of a watched descriptor failed: fd={}", fd, e);
                close();
            } finally {
                firing.unlock();
            }
        }

        /**
         * Ends the watch. After the return no callback runs or will run, except when called from the callback itself.
         * Idempotent. To be called before the descriptor is closed.
         */
        @Override
        public void close() {
            firing.lock();
            try {
                if (registrations.remove(id) != null && !closed) {
                    syscalls.epollCtl(epfd, LinuxConstants.EPOLL_CTL_DEL, fd, 0, 0);
                }
            } finally {
                firing.unlock();
            }
        }
    }
}

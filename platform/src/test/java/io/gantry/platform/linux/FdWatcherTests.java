package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FdWatcherTests {
    private final JnaSyscalls syscalls = JnaSyscalls.instance();
    private final FdWatcher watcher = new FdWatcher(syscalls, "test-fds");
    private final int[] pipe = syscalls.pipe2(LinuxConstants.O_CLOEXEC);

    @AfterEach
    void closeAll() {
        watcher.close();
        syscalls.close(pipe[0]);
        syscalls.close(pipe[1]);
    }

    @Test
    void callsBackWithTheEventsOnItsOwnThread() throws Exception {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        byte[] one = new byte[1];
        try (FdWatcher.Registration ignored = watcher.watch(pipe[0], LinuxConstants.EPOLLIN, (int ready) -> {
            syscalls.read(pipe[0], one, 0, 1);
            events.add(Thread.currentThread().getName() + " " + ready + " " + one[0]);
        })) {
            syscalls.write(pipe[1], new byte[] {1}, 0, 1);
            syscalls.write(pipe[1], new byte[] {2}, 0, 1);
            assertThat(events.take()).isEqualTo("test-fds 1 1");
            assertThat(events.take()).isEqualTo("test-fds 1 2");
        }
    }

    @Test
    void aFailingCallbackEndsItsOwnWatchOnly() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        watcher.watch(pipe[0], LinuxConstants.EPOLLIN, () -> {
            failed.countDown();
            throw new IllegalStateException("callback fails");
        });
        int event = syscalls.eventfd(0, LinuxConstants.EFD_CLOEXEC);
        try {
            syscalls.write(pipe[1], new byte[] {1}, 0, 1);
            failed.await();
            CountDownLatch alive = new CountDownLatch(1);
            FdWatcher.Registration registration = watcher.watch(event, LinuxConstants.EPOLLOUT, alive::countDown);
            alive.await();
            registration.close();
            registration.close();
        } finally {
            syscalls.close(event);
        }
    }

    @Test
    void aRegularFileIsRefusedAndAClosedWatcherToo() throws Exception {
        int file = syscalls.openat(LinuxConstants.AT_FDCWD, "/proc/version", LinuxConstants.O_CLOEXEC, 0);
        try {
            int regular = syscalls.memfdCreate("x", LinuxConstants.MFD_CLOEXEC);
            try {
                assertThatThrownBy(() -> watcher.watch(regular, LinuxConstants.EPOLLIN, () -> {}))
                        .isInstanceOfSatisfying(
                                ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EPERM));
            } finally {
                syscalls.close(regular);
            }
        } finally {
            syscalls.close(file);
        }
        watcher.close();
        assertThatThrownBy(() -> watcher.watch(pipe[0], LinuxConstants.EPOLLIN, () -> {}))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void noCallbackAfterCloseOfTheRegistration() throws Exception {
        for (int i = 0; i < 200; i++) {
            boolean[] closed = new boolean[1];
            AtomicReference<String> problem = new AtomicReference<>();
            FdWatcher.Registration registration = watcher.watch(pipe[1], LinuxConstants.EPOLLOUT, () -> {
                if (closed[0]) {
                    problem.set("called after close");
                }
            });
            Thread.yield();
            registration.close();
            closed[0] = true;
            assertThat(problem.get()).isNull();
        }
    }
}

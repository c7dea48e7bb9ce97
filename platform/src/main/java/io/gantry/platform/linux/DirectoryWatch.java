package io.gantry.platform.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of names that change in one directory, by inotify(7). Callbacks run one after another, in the order of the events,
 * on a virtual thread of this watch, so they may block. A name may be told more than once, and events before the watch
 * began are not told: whoever watches lists the directory after starting the watch.
 */
public final class DirectoryWatch implements AutoCloseable {
    /** What may happen to a name. */
    public enum Event {
        CREATED(LinuxConstants.IN_CREATE),
        /** A file that was open for writing is complete. */
        WRITTEN(LinuxConstants.IN_CLOSE_WRITE),
        /** Renamed into the directory, as atomic writes end. */
        MOVED_IN(LinuxConstants.IN_MOVED_TO),
        MOVED_OUT(LinuxConstants.IN_MOVED_FROM),
        DELETED(LinuxConstants.IN_DELETE);

        private final int mask;

        Event(int mask) {
            this.mask = mask;
        }
    }

    private static final Logger log = LoggerFactory.getLogger(DirectoryWatch.class);
    private static final int BUFFER = 16384;
    private static final int LOST = LinuxConstants.IN_Q_OVERFLOW
            | LinuxConstants.IN_IGNORED
            | LinuxConstants.IN_UNMOUNT
            | LinuxConstants.IN_DELETE_SELF
            | LinuxConstants.IN_MOVE_SELF;

    private final Syscalls syscalls;
    private final Path dir;
    private final Fd inotify;
    private final Consumer<String> onName;
    private final Runnable onOverflow;
    private final ExecutorService callbacks;
    private FdWatcher.Registration registration;

    private DirectoryWatch(
            Syscalls syscalls, FdWatcher watcher, Path dir, Fd inotify, Consumer<String> onName, Runnable onOverflow) {
        this.syscalls = syscalls;
        this.dir = dir;
        this.inotify = inotify;
        this.onName = onName;
        this.onOverflow = onOverflow;
        this.callbacks = Executors.newSingleThreadExecutor(
                Thread.ofVirtual().name("watch " + dir).factory());
        this.registration = watcher.watch(inotify.number(), LinuxConstants.EPOLLIN, this::onReady);
    }

    /**
     * Watches a directory until closed.
     *
     * @param onName gets the name of what changed, without its directory
     * @param onOverflow events were lost, or the directory itself is gone: list it anew
     * @throws io.gantry.platform.error.GantryException NOT_FOUND when there is no such directory, RESOURCE_EXHAUSTED when
     *     {@code fs.inotify.max_user_instances} or {@code max_user_watches} are used up
     */
    public static DirectoryWatch watch(Path dir, Set<Event> events, Consumer<String> onName, Runnable onOverflow) {
        return watch(JnaSyscalls.instance(), FdWatcher.shared(), dir, events, onName, onOverflow);
    }

    static DirectoryWatch watch(
            Syscalls syscalls,
            FdWatcher watcher,
            Path dir,
            Set<Event> events,
            Consumer<String> onName,
            Runnable onOverflow) {
        int mask = LinuxConstants.IN_ONLYDIR | LinuxConstants.IN_DELETE_SELF | LinuxConstants.IN_MOVE_SELF;
        for (Event event : events) {
            mask |= event.mask;
        }
        Fd inotify = null;
        try {
            inotify = new Fd(syscalls, syscalls.inotifyInit(LinuxConstants.IN_CLOEXEC | LinuxConstants.IN_NONBLOCK));
            syscalls.inotifyAddWatch(inotify.number(), dir.toString(), mask);
            return new DirectoryWatch(syscalls, watcher, dir, inotify, onName, onOverflow);
        } catch (ErrnoException e) {
            if (inotify != null) {
                inotify.close();
            }
            throw e.during("watch directory " + dir);
        }
    }

    /** On the watcher's thread. {@code struct inotify_event}: wd, mask, cookie, len, name. */
    private void onReady() {
        byte[] buffer = new byte[BUFFER];
        int size;
        try {
            size = syscalls.read(inotify.number(), buffer, 0, BUFFER);
        } catch (ErrnoException e) {
            if (!e.is(Errno.EAGAIN)) {
                throw e;
            }
            return;
        }
        ByteBuffer events = ByteBuffer.wrap(buffer, 0, size).order(ByteOrder.nativeOrder());
        for (int at = 0; at + 16 <= size; ) {
            int mask = events.getInt(at + 4);
            int length = events.getInt(at + 12);
            if ((mask & LOST) != 0) {
                tell(onOverflow);
            } else if (length > 0) {
                int end = at + 16;
                while (end < at + 16 + length && buffer[end] != 0) {
                    end++;
                }
                String name = PathBytes.decode(buffer, at + 16, end - at - 16);
                tell(() -> onName.accept(name));
            }
            at += 16 + length;
        }
    }

    private void tell(Runnable callback) {
        callbacks.execute(() -> {
            try {
                callback.run();
            } catch (RuntimeException e) {
                log.error("callback of a watched directory failed: dir={}", dir, e);
            }
        });
    }

    /** Ends the watch; callbacks that are waiting still run. */
    @Override
    public void close() {
        registration.close();
        inotify.close();
        callbacks.shutdown();
    }
}

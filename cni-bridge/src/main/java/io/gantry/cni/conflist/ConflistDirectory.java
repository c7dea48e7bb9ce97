package io.gantry.cni.conflist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network configuration directory, kept up to date: readers get the last snapshot without waiting, a watch on the
 * directory (while it does not exist, on the nearest directory above it) has it read again, and a look every few seconds
 * catches what a watch cannot see, such as a change behind a symbolic link.
 */
public final class ConflistDirectory implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ConflistDirectory.class);
    private static final Duration SETTLE = Duration.ofMillis(10);
    private static final Duration WATCHED = Duration.ofSeconds(10);
    private static final Duration UNWATCHED = Duration.ofSeconds(1);

    /** A directory under watch; {@code key} tells it from another one that takes its name. */
    private record Watched(Path directory, @Nullable Object key, ChangeWatch.Watch watch) {}

    private final Path directory;
    private final ChangeWatch changes;
    private final ReentrantLock reloading = new ReentrantLock();
    private final Poller poller = new Poller("cni-conf", this::round);
    private volatile Consumer<ConflistSnapshot> onChange = snapshot -> {};
    private volatile ConflistSnapshot current;
    private List<String> fingerprint;
    private @Nullable Watched watched;
    private boolean watchFailed;

    /** Reads the directory; it is not watched before {@link #start}. */
    public ConflistDirectory(Path directory, ChangeWatch changes) {
        this.directory = directory.toAbsolutePath().normalize();
        this.changes = changes;
        this.fingerprint = ConflistLoader.fingerprint(this.directory);
        this.current = ConflistLoader.load(this.directory);
        report(current);
    }

    /**
     * Starts watching. To be called once.
     *
     * @param listener called with each snapshot that differs from the one before, on the thread that read it
     */
    public void start(Consumer<ConflistSnapshot> listener) {
        onChange = listener;
        poller.start();
    }

    /** What the directory held when it was last read; never waits. */
    public ConflistSnapshot current() {
        return current;
    }

    /** Reads the directory now; an interrupted thread, for which reading fails, gets what was read last. */
    public ConflistSnapshot reload() {
        reloading.lock();
        try {
            List<String> marks = ConflistLoader.fingerprint(directory);
            ConflistSnapshot fresh = ConflistLoader.load(directory);
            if (Thread.currentThread().isInterrupted()) {
                return current;
            }
            fingerprint = marks;
            if (!fresh.equals(current)) {
                current = fresh;
                report(fresh);
                onChange.accept(fresh);
            }
            return fresh;
        } finally {
            reloading.unlock();
        }
    }

    private Duration round() throws InterruptedException {
        Thread.sleep(SETTLE);
        watchNearest();
        reloading.lock();
        try {
            if (!ConflistLoader.fingerprint(directory).equals(fingerprint)) {
                reload();
            }
        } finally {
            reloading.unlock();
        }
        Watched now = watched;
        return now != null && now.directory().equals(directory) ? WATCHED : UNWATCHED;
    }

    /** Watches the directory, or what is nearest above it; again when another directory took the name meanwhile. */
    private void watchNearest() {
        Path nearest = directory;
        while (!Files.isDirectory(nearest) && nearest.getParent() != null) {
            nearest = nearest.getParent();
        }
        Object key = keyOf(nearest);
        if (watched != null && watched.directory().equals(nearest) && Objects.equals(watched.key(), key)) {
            return;
        }
        unwatch();
        try {
            watched = new Watched(nearest, key, changes.watch(nearest, wakeFrom(nearest)));
            watchFailed = false;
        } catch (RuntimeException e) {
            if (!watchFailed) {
                log.warn(
                        "cannot watch directory {}, looking every {} ms instead: {}",
                        nearest,
                        UNWATCHED.toMillis(),
                        e.getMessage());
            }
            watchFailed = true;
        }
    }

    /** In a directory above only the way down to ours counts. */
    private Consumer<String> wakeFrom(Path nearest) {
        String next = nearest.equals(directory)
                ? ""
                : nearest.relativize(directory).getName(0).toString();
        return name -> {
            if (next.isEmpty() || name.isEmpty() || name.equals(next)) {
                poller.wake();
            }
        };
    }

    private void unwatch() {
        if (watched != null) {
            watched.watch().close();
            watched = null;
        }
    }

    private static @Nullable Object keyOf(Path directory) {
        try {
            return Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }

    private static void report(ConflistSnapshot snapshot) {
        snapshot.rejected()
                .forEach(file -> log.warn(
                        "network configuration passed over: file={} problem=\"{}\"", file.file(), file.problem()));
        snapshot.network()
                .ifPresentOrElse(
                        network -> log.info("pod network: name={} file={}", network.name(), network.file()),
                        () -> log.warn("no pod network: problem=\"{}\"", snapshot.problem()));
    }

    /** Ends the watch. */
    @Override
    public void close() {
        poller.close();
        unwatch();
    }
}

package io.gantry.cni.conflist;

import java.nio.file.Path;
import java.util.function.Consumer;

/** Tells of changes in a directory; the real one is inotify(7). */
@FunctionalInterface
public interface ChangeWatch {
    /** A watch that can be ended. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Watches an existing directory. {@code onChange} is called with the entry's name when one comes, goes or has been
     * written, and with an empty name when the directory itself goes or changes may have been missed; it must not block.
     *
     * @throws RuntimeException when the directory cannot be watched
     */
    Watch watch(Path directory, Consumer<String> onChange);
}
